"""How quotations begin, by their form alone: it is the same in every language.

A mail program that quotes puts a block of headers above ("Label: value" lines, among them a
writer with address and a moment), or one sentence with an address and a moment that ends in a
colon. Words are not needed for that, and no list of languages ends.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from tickets.mail.plain_text import OWN_INDENT

MAX_BLOCK_LINES = 12
MAX_LABEL_CHARS = 32
MAX_LABEL_WORDS = 4
MIN_LABELS = 3  # who, when, and to whom or about what
MAX_ATTRIBUTION_LINES = 4
MAX_ATTRIBUTION_CHARS = 300
DAY = re.compile(r"\d{4}|\d{1,2}[./-] ?\d{1,2}[./-]|\d[年년]")
CLOCK = re.compile(r"\d{1,2} ?[:.hHu時时시点] ?\d\d")
ADDRESS = re.compile(r"\S@\S+\.\S")
REPLY_MARK = re.compile(r"\w{1,5}(?:\[\d+\])?[:：] ?\S")
SIGNS_OF_TEXT = frozenset('@.!?,;<>/"()0123456789')
COLONS = (":", "：")
INVISIBLE = dict.fromkeys(map(ord, "\u200e\u200f\u202a\u202b\u202c\u2066\u2067\u2068\u2069\ufeff"))


@dataclass(frozen=True)
class HeaderBlock:
    """The headers that a mail program wrote above a quotation: its line numbers, and its values
    by their labels in order.
    """

    start: int
    end: int
    values: tuple[str, ...]

    @property
    def sender(self) -> str:
        """The value that names the writer: the first with an address, or ""."""
        return next((value for value in self.values if ADDRESS.search(value)), "")


def find_header_block(lines: list[str], start: int) -> HeaderBlock | None:
    """The block of headers that begins at this line, None where there is none.

    A line without a label goes on with the one above, where more labels follow.
    """
    if split_label(lines[start]) is None:
        return None
    values: list[str] = []
    end = start
    for index in range(start, min(start + MAX_BLOCK_LINES, len(lines))):
        if not strip_marks(lines[index]):
            break
        labelled = split_label(lines[index])
        if labelled is not None:
            values.append(labelled)
            end = index + 1
        elif index > end:
            break
    return HeaderBlock(start, end, tuple(values)) if _is_mail_header(values) else None


def split_label(line: str) -> str | None:
    """The value of a "Label: value" line; None where it has no label of a few plain words."""
    bare = strip_marks(line)
    at = min((bare.find(colon) for colon in COLONS if colon in bare), default=-1)
    label = bare[: max(at, 0)].strip(" *_\xa0")
    if not label or len(label) > MAX_LABEL_CHARS or len(label.split()) > MAX_LABEL_WORDS:
        return None
    if SIGNS_OF_TEXT & set(label) or not any(map(str.isalpha, label)):
        return None
    return bare[at + 1 :].strip(" *_\xa0")


def strip_marks(line: str) -> str:
    """The line without marks of quoting and what no reader sees."""
    return line.translate(INVISIBLE).strip().lstrip("> |").strip(" *\xa0")


def _is_mail_header(values: list[str]) -> bool:
    """Whether these are a mail's headers and nobody's own list: a moment, and a writer in a
    mail program's form, two addresses, or a subject that answers.
    """
    if len(values) < MIN_LABELS or not any(map(has_moment, values)):
        return False
    addressed = [value for value in values if ADDRESS.search(value)]
    if any("<" in value or "mailto:" in value for value in addressed) or len(addressed) > 1:
        return True
    return any(REPLY_MARK.match(value) for value in values if not has_moment(value))


def has_moment(text: str) -> bool:
    """Whether a text has a day and a time."""
    found = CLOCK.search(text)
    return bool(found and DAY.search(text))


def find_attribution_start(lines: list[str], last: int) -> int | None:
    """The first line of an attribution ("On …, somebody wrote:") that ends with line ``last``.

    With an address and a moment it is one wherever it stands; without an address only above
    quoted lines.
    """
    if not strip_marks(lines[last]).endswith(COLONS):
        return None
    is_above_quotes = is_quoted_next(lines, last + 1)
    found = None
    for first in range(last, max(last - MAX_ATTRIBUTION_LINES, -1), -1):
        joined = " ".join(map(strip_marks, lines[first : last + 1]))
        if not strip_marks(lines[first]) or len(joined) > MAX_ATTRIBUTION_CHARS:
            break
        if has_moment(joined) and _has_mailbox(joined):
            return first
        if is_above_quotes and _names_day_or_writer(joined):
            found = first if found is None else found
    return found


def _names_day_or_writer(text: str) -> bool:
    return has_moment(text) or bool(ADDRESS.search(text) and DAY.search(text))


def _has_mailbox(text: str) -> bool:
    """Whether a text names an address as mail programs do, in brackets."""
    is_whole = text.count("<") == text.count(">")
    return is_whole and bool(ADDRESS.search(text)) and any(sign in text for sign in "<([（")


def is_quoted_next(lines: list[str], start: int) -> bool:
    """Whether the next line that is not blank is a quoted one."""
    following = (line for line in lines[start : start + 4] if line.strip())
    line = next(following, "")
    return not line.startswith(OWN_INDENT) and line.lstrip().startswith((">", "|"))
