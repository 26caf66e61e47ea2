"""What a person wrote now, and what their mail program put around it.

The rule is to lose nothing a customer says: a line that is not surely a quotation or
a signature stays in the text, a closing ("Thanks, Ana") too, and so do quotations
between the lines of an answer. mail-parser-reply knows how mail programs introduce a
quotation in Chinese, Japanese and Korean, and is asked about single short lines only:
on whole mails it took "Thanks, but …" for a signature, found 22 of the 64 replies of
Discourse's test set (this module: 62), and took 39 s for 20,000 blank lines.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import islice
from pathlib import Path

from mailparser_reply.parser import EmailMessage

from tickets.mail.plain_text import OWN_INDENT
from tickets.mail.quote_heads import (
    ADDRESS,
    CLOCK,
    find_attribution_start,
    find_header_block,
    has_moment,
    is_quoted_next,
)

MAX_INTRODUCTION_CHARS = 300
MAX_SIGNATURE_LINES = 15  # lines; more than that is text below a rule
MAX_LINES_READ = 5_000  # a quotation that begins later is left in the text
MAX_QUOTATIONS = 50
MAX_NAME_WORDS = 6
MAX_SIGNATURE_WORDS = 8  # of one line; a longer one is a sentence


WORDS: dict[str, list[str]] = tomllib.loads(
    Path(__file__).with_name("quoting.toml").read_text(encoding="utf-8")
)


def join_words(name: str) -> str:
    """A group that matches any word of a list of quoting.toml."""
    return f"(?:{'|'.join(map(re.escape, WORDS[name]))})"


WROTE = re.compile(
    rf"\b(?:{join_words('wrote')}|(?:napisał|napsal|написал)\w*)|写道|寫道|書きました|작성",
    re.IGNORECASE,
)
AHEAD = re.compile(r"[\d,，、:：]")
PRONOUNS = frozenset(map(str.casefold, WORDS["pronouns"]))
UNSPACED_PRONOUNS = tuple(WORDS["unspaced_pronouns"])
TIME_OR_ADDRESS = re.compile(r"\d{1,2}[:.h]\d{2}\b|\b(?:19|20)\d\d\b|\S@\S")
INTRODUCTION_START = re.compile(
    rf"(?:[-\s]*{join_words('openings')}\b.*\d|\d{{1,4}}[-/. ]|\w+, \d)", re.IGNORECASE
)
DATE_AND_SENDER = re.compile(r"\d{4}[-/]\d{1,2}[-/]\d{1,2}\b.{0,200}?(?:GMT|<\s*\S+@\S+>)")
DIVIDER = re.compile(
    rf"[\s*]*-{{3,}}\s*[^-]{{0,30}}{join_words('forwarded')}[^-]{{0,30}}-{{3,}}[\s*]*$"
    r"|\s*Begin forwarded message:\s*$",
    re.IGNORECASE,
)
SENDER = re.compile(rf"[\s*]*{join_words('senders')}\s?[:：]\*?\s*\S")
HEADER = re.compile(rf"[\s*]*{join_words('headers')}\s?[:：]")
QUOTE = re.compile(r"\s{0,3}[>|]")
END_OF_ADDRESS = re.compile(rf">\s*(?:{WROTE.pattern})?\s*:$", re.IGNORECASE)
HORIZONTAL_RULE = re.compile(r"[\s*]*[-_=~*#+—ᐧ]+\s*$|ᐧ\s*$")
SIGNATURE = re.compile(r"(?:--|—|_{5,})\s*$")
DEVICE = re.compile(
    rf"[(<\s]*(?:{join_words('sent')}(?: \w+)?(?: {join_words('my')})?(?: \S+){{0,3}}?"
    rf"\W+{join_words('devices')}\b"
    r"|from my \w+(?: \w+)?$|\w+ from mobile$|从我的|從我的"
    r"|(?:diese nachricht wurde )?von meine[mr] \w*(?:mobil|handy|iphone|android|tablet)\S*"
    r".{0,40}gesendet)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class BodyParts:
    """The three parts of a body; each may be empty."""

    text: str
    quoted: str
    signature: str


def split_body(body: str) -> BodyParts:
    """The parts of a plain text body, which may be of any length and need not be a mail."""
    lines = body.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    kept, quoted = _split_off_quotations(lines)
    kept, signature = _split_off_signature(kept)
    kept, trailing = _split_off_tail(kept, QUOTE)
    kept, _ = _split_off_tail(kept, HORIZONTAL_RULE)
    return BodyParts(_join_lines(kept), _join_lines(trailing + quoted), _join_lines(signature))


def _join_lines(lines: list[str]) -> str:
    said = (line.rstrip() for line in lines)
    return "\n".join(
        line.strip() if line.startswith(f"{OWN_INDENT}>") else line for line in said
    ).strip("\n")


def _split_off_quotations(lines: list[str]) -> tuple[list[str], list[str]]:
    """The lines that the writer wrote, and those that are quotations."""
    kept: list[str] = []
    quoted: list[str] = []
    at = 0
    for start, end in islice(_iter_introductions(lines), MAX_QUOTATIONS):
        if start < at:
            continue
        kept += lines[at:start]
        at, block = end, _find_quotation_end(lines, end)
        if not _has_own_text(kept):  # nothing before it: what follows is all there is
            quoted += kept + lines[start:block]
            kept, at = [], block
        elif block > end and _has_own_text(_split_off_signature(lines[block:])[0]):
            quoted += lines[start:end]  # answers between or below the quoted lines
        else:
            return kept, quoted + lines[start:]
    return kept + lines[at:], quoted


def _find_quotation_end(lines: list[str], start: int) -> int:
    """The line after the block of quoted lines at ``start``; ``start`` where there is none."""
    end = start
    for index in range(start, len(lines)):
        if QUOTE.match(lines[index]):
            end = index + 1
        elif lines[index].strip():
            break
    return end


def _has_own_text(lines: list[str]) -> bool:
    return any(
        line.strip() and not QUOTE.match(line) and not HORIZONTAL_RULE.match(line) for line in lines
    )


def _iter_introductions(lines: list[str]) -> Iterator[tuple[int, int]]:
    """Where a mail program introduces a quotation: first line, and the line after the last."""
    for index, line in enumerate(lines[:MAX_LINES_READ]):
        if not line.strip() or (QUOTE.match(line) and not END_OF_ADDRESS.match(line)):
            continue
        block = find_header_block(lines, index)
        headers = block.end if block else _find_headers_end(lines, index + 1)
        if block or DIVIDER.match(line) or _is_sender_above(lines, index, headers):
            yield index, headers
        elif (start := _find_sentence_start(lines, index)) is not None:
            yield start, index + 1


def _find_sentence_start(lines: list[str], last: int) -> int | None:
    """The first line of a sentence that introduces a quotation, by its form or by its words."""
    found = find_attribution_start(lines, last)
    return _find_introduction_start(lines, last) if found is None else found


def _is_sender_above(lines: list[str], index: int, end: int) -> bool:
    """Whether known words of a mail's header stand here, and with them what only mails say: an
    address, or four of them with a moment or a day and a blank line below.
    """
    if end <= index + 2 or not SENDER.match(lines[index]):
        return False
    block = " ".join(lines[index:end])
    if "@" in block or end < index + 4:
        return "@" in block
    is_closed = end >= len(lines) or not lines[end].strip()
    return has_moment(block) or (is_closed and bool(TIME_OR_ADDRESS.search(block)))


def _find_headers_end(lines: list[str], start: int) -> int:
    """The line after the mail headers that begin at ``start``, folded lines included."""
    end = start
    for index in range(start, min(start + 9, len(lines))):
        if HEADER.match(lines[index]) or SENDER.match(lines[index]):
            end = index + 1
        elif end > start and not lines[index].strip():
            break
    return end


def _find_introduction_start(lines: list[str], last: int) -> int | None:
    """The first line of "On … somebody wrote:" that ends with line ``last``."""
    ending = lines[last].rstrip(" *")
    if not ending.endswith((":", "：", "----", ">")) and not DATE_AND_SENDER.match(ending):
        return None
    found, is_above_quotes = None, is_quoted_next(lines, last + 1)
    for first in range(last, max(last - 5, -1), -1):
        joined = " ".join(" ".join(lines[first : last + 1]).split())
        if len(joined) > MAX_INTRODUCTION_CHARS:
            break
        leads = bool(INTRODUCTION_START.match(lines[first]))
        is_known = _is_introduction(joined) and (is_above_quotes or _names_another(joined))
        if is_known and (leads or found is None):
            found = first
        if leads and found is not None:
            break
    return found


def _is_introduction(line: str) -> bool:
    if DATE_AND_SENDER.match(line):
        return True
    if line.endswith((":", "：", "----")) and _says_who_wrote(line):
        return True
    return (
        line.endswith(":")
        and bool(TIME_OR_ADDRESS.search(line))
        and bool(_get_library_pattern().match(line))
    )


def _says_who_wrote(line: str) -> bool:
    """Whether a line says who wrote, and when or from where: a name at most stands behind it."""
    found = list(WROTE.finditer(line))
    if not found or not TIME_OR_ADDRESS.search(line):
        return False
    return len(line[found[-1].end() :].split()) <= MAX_NAME_WORDS


def _names_another(line: str) -> bool:
    """Whether a line names who wrote as only mail programs do where they mark no quoted line: an
    address, or beside the verb a name, at a time. "On Monday I wrote:" is told by a customer.
    """
    if ADDRESS.search(line) or line.endswith("----"):
        return True
    verbs = list(WROTE.finditer(line))
    if not verbs:
        return bool(CLOCK.search(line)) and not _has_pronoun(line.split())
    behind = AHEAD.split(line[verbs[-1].end() :])[0].removeprefix("(a)").split()
    if any(map(str.isdecimal, line[verbs[-1].end() :])):
        behind = []  # the moment stands there, and the name first
    ahead = AHEAD.split(line[: verbs[-1].start()])[-1].split()
    name = behind or ahead
    is_named = _is_name(" ".join(name)) or (len(name) == 1 and "_" in name[0])
    return bool(CLOCK.search(line)) and is_named and not _has_pronoun([name[0], name[-1]])


def _has_pronoun(words: list[str]) -> bool:
    return any(
        word.casefold() in PRONOUNS or (not word.isascii() and word.startswith(UNSPACED_PRONOUNS))
        for word in words
    )


@cache
def _get_library_pattern() -> re.Pattern[str]:
    pattern: re.Pattern[str] = EmailMessage(
        text="", languages=["ja", "ko", "zh"], include_english=False
    ).HEADER_REGEX
    return pattern


def _split_off_signature(lines: list[str]) -> tuple[list[str], list[str]]:
    """The lines above the signature, and those of the signature.

    What stands below RFC 3676's "-- " is one, up to a postscript; below another rule only what
    looks like one: a rule inside a text parts nothing.
    """
    lines, device = _split_off_tail(lines, DEVICE)
    found, below = None, 0
    for index in range(len(lines) - 1, -1, -1):
        if SIGNATURE.match(lines[index]):
            found = index if below else found
        elif HORIZONTAL_RULE.match(lines[index]) or below == MAX_SIGNATURE_LINES:
            break
        elif lines[index].strip():
            below += 1
    if found is None:
        return lines, device
    signature, postscript = _split_at_postscript(lines[found + 1 :])
    if lines[found] != "-- " and not (
        _looks_like_signature(signature) or _stands_apart(lines[:found], signature)
    ):
        return lines, device
    return lines[:found] + postscript, signature + device


def _split_at_postscript(lines: list[str]) -> tuple[list[str], list[str]]:
    for index, line in enumerate(lines):
        if line.lstrip().startswith(tuple(WORDS["postscripts"])):
            return lines[:index], ["", *lines[index:]]
    return lines, []


def _looks_like_signature(lines: list[str]) -> bool:
    """Whether lines are a name and what belongs to it, and no sentence or list of things.

    A name's words begin with capitals, or its script has none; a line that is no name has an
    address, a number to call, or is as short.
    """
    said = [line.strip() for line in lines if line.strip()]
    if not said or any(SIGNATURE.match(line) for line in said):
        return False
    if any(len(line.split()) > MAX_SIGNATURE_WORDS or line.endswith("?") for line in said):
        return False
    return _is_contact(said[0]) or (_is_name(said[0]) and all(map(_is_name_or_contact, said[1:])))


def _stands_apart(above: list[str], lines: list[str]) -> bool:
    """Whether lines below a blank or quoted one begin as a signature may: with a few words that
    are no sentence, and a name or an address among them.
    """
    said = [line.strip() for line in lines if line.strip()]
    if not said or (above and above[-1].strip() and not QUOTE.match(above[-1])):
        return False
    if any(line.endswith("?") or SIGNATURE.match(line) for line in said):
        return False
    begins = len(said[0].split()) <= MAX_NAME_WORDS and not said[0][0].islower()
    is_sentence = said[0].endswith((".", "!", ":", ",")) and not _is_contact(said[0])
    return begins and not is_sentence and any(_is_name(one) or _is_contact(one) for one in said)


def _is_name_or_contact(line: str) -> bool:
    return _is_contact(line) or not line.split()[0][0].islower()


def _is_name(line: str) -> bool:
    words = [word for word in line.split() if word[0].isalpha()]
    is_named = bool(words) and not any(word[0].islower() for word in words[:1] + words[-1:])
    return is_named and len(words) == len(line.split()) <= 4 and line[-1] not in ".!:"


def _is_contact(line: str) -> bool:
    """Whether a line holds an address, a site or a number to call."""
    digits = sum(map(str.isdecimal, line))
    return "@" in line or "www." in line or "://" in line or digits >= 7


def _split_off_tail(lines: list[str], pattern: re.Pattern[str]) -> tuple[list[str], list[str]]:
    """Split off the last lines, as far as each matches or is blank."""
    at = end = len(lines)
    while at and (not lines[at - 1].strip() or pattern.match(lines[at - 1])):
        at -= 1
        end = at if lines[at].strip() else end
    return lines[:end], lines[end:]
