"""The words of raw mails beside those of two other readers: which are lost, which stand twice.

mail-parser takes a mail apart and selectolax reads its HTML; neither shares code with the product.
Of a mail that offers its text in two versions the nearer one counts. A file that is no mail is
taken for the body of one, of which no word may be lost.
"""

from __future__ import annotations

import logging
import re
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from django.core.management import CommandError
from django.core.management.base import BaseCommand
from tqdm import tqdm

from tickets.intake.files.mail_files import read_mails
from tickets.mail.mime import MAIL_TYPES, read_body
from tickets.mail.parsing import parse_message
from tickets.mail.reading import Mail, UnreadableMail, read_mail

PEERS = {"mailparser": "mail-parser", "selectolax": "selectolax"}
UNSEEN = ["script", "style", "title", "template", "noembed", "noframes"]
WORD = re.compile(r"[^\W_]+")
MAX_SHOWN_WORDS = 30


@dataclass(frozen=True)
class Comparison:
    """One mail: the words that the others read, and where the product differs."""

    place: str
    words: int
    lost: Counter[str]
    doubled: Counter[str]

    @property
    def differs(self) -> bool:
        return bool(self.lost or self.doubled)


class Command(BaseCommand):
    help = "Compare the words of the mails below each FOLDER with what two other readers read."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folders", type=Path, nargs="+")
        parser.add_argument("--show", action="store_true", help="print each mail that differs")

    def handle(self, *, folders: list[Path], show: bool, **options: Any) -> None:
        missing = [name for module, name in PEERS.items() if not find_spec(module)]
        if missing:
            raise CommandError(f"The other readers are missing: pip install {' '.join(missing)}")
        logging.disable(logging.WARNING)
        self.stdout.write("mails  words  lost        twice  mails that differ  folder")
        for folder in folders:
            found = [each for each in _iter_comparisons(folder) if each]
            self.stdout.write(format_row(found, folder))
            for each in found:
                if show and each.differs:
                    self.stdout.write(format_difference(each))


def _iter_comparisons(folder: Path) -> Iterator[Comparison | None]:
    for item in tqdm(list(read_mails(folder)), disable=None, leave=False):
        yield compare_mail(item.content, item.place) if item.content else None


def compare_mail(raw: bytes, place: str) -> Comparison | None:
    """The mail by both; None where it has no text, or no words in it."""
    versions = read_with_peers(raw)
    if versions is None:
        versions = read_text_file(raw)
        raw = b"Content-Type: text/plain; charset=utf-8\n\n" + raw
    found = [_compare_words(raw, place, count_words(version)) for version in versions]
    return min((each for each in found if each), key=_count_differences, default=None)


def _count_differences(each: Comparison) -> int:
    return each.lost.total() + each.doubled.total()


def _compare_words(raw: bytes, place: str, theirs: Counter[str]) -> Comparison | None:
    try:
        mail = read_mail(raw)
    except UnreadableMail:
        return None
    ours = count_words([mail.text, mail.quoted, mail.signature])
    twice = Counter({word: ours[word] - times for word, times in theirs.items()})
    lost = theirs - ours - count_words(_list_kept_texts(mail))
    return Comparison(place, theirs.total(), lost, +twice) if theirs else None


def _list_kept_texts(mail: Mail) -> list[str]:
    """What the product keeps apart from the text: hidden words, notes, attached mails."""
    inner = [file for file in mail.attachments if file.content_type in MAIL_TYPES]
    bodies = [read_body(parse_message(file.content)) for file in inner]
    attached = [text for body in bodies for text in (body.text, body.attached_text)]
    return [mail.hidden, *mail.notes, *attached]


def count_words(texts: Iterable[str]) -> Counter[str]:
    return Counter(word for text in texts for word in WORD.findall(text.casefold()))


def read_with_peers(raw: bytes) -> list[list[str]] | None:
    """The versions of a mail's text that mail-parser and selectolax find; None where it is none."""
    import mailparser
    from selectolax.lexbor import LexborHTMLParser

    try:
        mail = mailparser.parse_from_bytes(raw)
    except Exception:  # a reader of somebody else's, which may trip over anything
        return None
    if not mail.headers:
        return None
    texts = []
    for html in mail.text_html:
        tree = LexborHTMLParser(html)
        tree.strip_tags(UNSEEN)
        texts.append(tree.text(separator=" ") if tree.root else "")
    versions = [list(mail.text_plain), texts]
    return [version for version in versions if any(text.strip() for text in version)]


def read_text_file(raw: bytes) -> list[list[str]]:
    """The text of a file that is no mail; [] where it is no text either."""
    try:
        return [[raw.decode()]] if raw.strip() and b"\0" not in raw else []
    except UnicodeError:
        return []


def format_row(found: list[Comparison], folder: Path) -> str:
    words = sum(each.words for each in found)
    lost = sum(each.lost.total() for each in found)
    doubled = sum(each.doubled.total() for each in found)
    share = 100 * lost / max(words, 1)
    differing = sum(each.differs for each in found)
    return f"{len(found):5} {words:6} {lost:5} ({share:.2f} %) {doubled:5} {differing:18}  {folder}"


def format_difference(each: Comparison) -> str:
    lost = " ".join(list(each.lost.elements())[:MAX_SHOWN_WORDS])
    doubled = " ".join(list(each.doubled.elements())[:MAX_SHOWN_WORDS])
    return f"  {each.place}: of {each.words} words\n    lost: {lost}\n    twice: {doubled}"
