"""Words of a mail that its reader could not see: set apart, kept, and read by nobody as said.

In HTML by what is computed for each element from its attributes, its style and the sheet in the
mail, as far as mail programs follow these; in plain text by characters that have no picture.
``aria-hidden`` hides nothing from the eye.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from html import escape
from html.parser import HTMLParser
from typing import Final
from xml.etree.ElementTree import Element, SubElement

import nh3

from tickets.mail.sheets import StyleSheet, read_style
from tickets.mail.styles import ROOT, Look, apply_style

MAX_DEPTH: Final = 500  # elements within elements; a deeper one hides nothing
MAX_MATCHED_DEPTH: Final = 60  # elements within elements, for selectors
MIN_SPLIT_LETTERS: Final = 8
"""So many invisible characters between letters are no accident of copying."""
MIN_COMMENT_WORDS: Final = 4
VOID_TAGS: Final = frozenset(
    "area base br col embed hr img input link meta param source track wbr".split()
)
UNREAD_TAGS: Final = frozenset({"script", "style", "title"})
FOREIGN_TAGS: Final = frozenset(
    "template noscript svg math iframe noembed noframes plaintext xmp html head body".split()
)
ZERO_WIDTH: Final = frozenset("\u200b\u2060\u2061\u2062\u2063\u2064\u180e\ufeff")
JOINERS: Final = frozenset("\u200c\u200d\u00ad\u034f")
"""Of use in other scripts, in pictures and at the end of a line; nothing between Latin letters."""
SELECTORS_LOW, SELECTORS_HIGH = range(0xFE00, 0xFE10), range(0xE0100, 0xE01F0)
"""How a sign is drawn; a row of them is 256 signs that nothing shows."""
TAG_START, TAG_END = 0xE0000, 0xE007F
BLACK_FLAG: Final = "\U0001f3f4"
MAX_FLAG_CHARS: Final = 7
BIDI_CONTROLS: Final = frozenset("\u202a\u202b\u202c\u2066\u2067\u2068\u2069")
OVERRIDES: Final = frozenset("\u202d\u202e")
END_OF_OVERRIDE: Final = frozenset("\u202c\n")
NO_WORDS: Final = re.compile(r"[\W\d_]+")


@dataclass(frozen=True)
class SeenAndHidden:
    """What of a text can be seen, and the words in it that cannot."""

    seen: str
    hidden: str = ""


def split_hidden_html(html: str, *, is_large: bool = False) -> SeenAndHidden:
    """The HTML without the elements that cannot be seen, and the words in them.

    One that ``is_large`` is read as it stands, not brought into order first.
    """
    outline = _Outline()
    outline.feed(html)
    outline.close()
    if not outline.can_hide:
        return SeenAndHidden(html)
    tags = {tag for tag in outline.tags if tag.replace(":", "").replace("-", "").isalnum()}
    ordered = html if is_large else _order_tags(html, tags - UNREAD_TAGS - FOREIGN_TAGS)
    tree = _TreeBuilder(outline.body)
    tree.feed(ordered)
    tree.close()
    reader = _SeenReader(outline.body, outline.sheet.match(tree.root))
    reader.feed(ordered)
    reader.close()
    said = [*reader.hidden, *outline.comments]
    return SeenAndHidden("".join(reader.seen), "\n".join(filter(None, map(_tidy_words, said))))


def _order_tags(html: str, tags: set[str]) -> str:
    """The HTML with every element closed where a browser closes it."""
    return nh3.clean(
        html,
        tags=tags,
        attributes={"*": {"style", "class", "id", "hidden", "bgcolor", "color", "href", "start",
                          "colspan", "rowspan", "title", "lang", "dir", "align", "width",
                          "role", "open", "popover"}},
        generic_attribute_prefixes={"data-"},
        clean_content_tags=set(UNREAD_TAGS),
        link_rel=None,
        url_schemes={"http", "https", "mailto", "tel"},
    )  # fmt: skip


def _tidy_words(text: str) -> str:
    """The text on one line, "" where it has no word."""
    line = " ".join("".join(c for c in text if c not in ZERO_WIDTH | JOINERS).split())
    return line if NO_WORDS.sub("", line) else ""


def _is_unopened(tag: str, attributes: Mapping[str, str | None]) -> bool:
    """Whether a browser shows an element only once somebody opens it, by the rendering section of
    the HTML standard.
    """
    if tag == "dialog":
        return "open" not in attributes
    return tag == "datalist" or "popover" in attributes


class _Outline(HTMLParser):
    """What a page uses: its tags, its sheet, the look of its body, and its comments."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: set[str] = set()
        self.sheet = StyleSheet()
        self.body: dict[str, str | None] = {}
        self.comments: list[str] = []
        self.can_hide = False
        self._in_style = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self._in_style = tag == "style"
        said = dict(attrs)
        self.can_hide |= bool(said.keys() & {"style", "class", "hidden", "bgcolor", "color"})
        self.can_hide |= tag == "style" or _is_unopened(tag, said)
        if tag == "body":
            self.body = said

    def handle_endtag(self, tag: str) -> None:
        self._in_style = self._in_style and tag != "style"

    def handle_data(self, data: str) -> None:
        if self._in_style:
            self.sheet.add(data)

    def handle_comment(self, data: str) -> None:
        said = data.strip()
        if said.startswith("[") or "<" in said or "{" in said or self._in_style:
            return  # conditions and sheets for one mail program
        if sum(word.isalpha() for word in said.split()) >= MIN_COMMENT_WORDS:
            self.comments.append(said)
            self.can_hide = True


def _convert_colors(attributes: dict[str, str | None]) -> str:
    """The colours in old attributes as a style."""
    names = {"bgcolor": "background-color", "text": "color", "color": "color"}
    return ";".join(
        f"{style}:{attributes[name]}" for name, style in names.items() if attributes.get(name)
    )


class _TreeBuilder(HTMLParser):
    """The elements of a page as a tree, for the selectors of its sheet."""

    def __init__(self, body: dict[str, str | None]) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Element("html")
        self.stack = [SubElement(self.root, "body", _fold_attributes(body))]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = SubElement(self.stack[-1], tag, _fold_attributes(dict(attrs)))
        if tag not in VOID_TAGS and len(self.stack) < MAX_MATCHED_DEPTH:
            self.stack.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        place = next((at for at in range(len(self.stack) - 1, 0, -1)
                      if self.stack[at].tag == tag), 0)  # fmt: skip
        if place:
            del self.stack[place:]


def _fold_attributes(attributes: dict[str, str | None]) -> dict[str, str]:
    """Attributes in small letters: mails name classes in any."""
    return {name: (value or "").lower() for name, value in attributes.items()}


class _SeenReader(HTMLParser):
    """Writes the page once more without what cannot be seen, and keeps that apart."""

    def __init__(self, body: dict[str, str | None], styles: list[str]) -> None:
        super().__init__(convert_charrefs=True)
        self.styles = iter(styles)
        page = apply_style(ROOT, read_style(next(self.styles, "")))
        self.stack: list[tuple[str, Look]] = [("", page)]
        self.stack = [("", self._compute_look("body", body, next(self.styles, "")))]
        self.seen: list[str] = []
        self.hidden: list[str] = [""]

    def _get_look(self) -> Look:
        return self.stack[-1][1]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = next(self.styles, "")
        if tag in VOID_TAGS:
            if not self._get_look().is_gone:
                self.seen.append(self.get_starttag_text() or "")
            return
        if len(self.stack) < MAX_DEPTH:
            self.stack.append((tag, self._compute_look(tag, dict(attrs), said)))
        if not self._get_look().is_gone:
            self.seen.append(self.get_starttag_text() or "")

    def _compute_look(self, tag: str, attributes: dict[str, str | None], said: str) -> Look:
        is_gone = "hidden" in attributes or _is_unopened(tag, attributes)
        style = ";".join(
            (
                _convert_colors(attributes),
                said,
                attributes.get("style") or "",
                "display:none" if is_gone else "",
            )
        )
        around = self._get_look()
        return apply_style(around, read_style(style, around.variables))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID_TAGS:
            return
        gone = self._get_look().is_gone
        place = next((at for at in range(len(self.stack) - 1, 0, -1)
                      if self.stack[at][0] == tag), 0)  # fmt: skip
        if place:
            del self.stack[place:]
        if not gone:
            self.seen.append(f"</{tag}>")
        elif not self._get_look().is_gone:
            self.hidden.append("")

    def handle_data(self, data: str) -> None:
        if self._get_look().is_visible:
            self.seen.append(escape(data, quote=False))
        else:
            self.hidden[-1] += data
            self.seen.append(" ")


@dataclass
class _PlainText:
    """A text on its way through: what is seen of it, and what is set apart."""

    seen: list[str] = field(default_factory=list)
    hidden: list[str] = field(default_factory=list)
    split: list[int] = field(default_factory=list)


def split_hidden_text(text: str) -> SeenAndHidden:
    """The text as it is seen: without characters that have no picture, with what is written
    backwards turned round; and the words that stand in such characters.
    """
    if text.isascii():
        return SeenAndHidden(text)
    made = _PlainText()
    at = 0
    while at < len(text):
        at = _take_character(made, text, at)
    if len(made.split) >= MIN_SPLIT_LETTERS:
        made.hidden.append(f"({len(made.split)} invisible characters between letters)")
    return SeenAndHidden("".join(made.seen), "\n".join(filter(None, made.hidden)))


def _take_character(made: _PlainText, text: str, at: int) -> int:
    """Read on from a place; where to go on from."""
    char = text[at]
    if TAG_START <= ord(char) <= TAG_END:
        return _take_tag_characters(made, text, at)
    if char in OVERRIDES:
        return _take_overridden(made, text, at)
    if _read_selector(char) is not None:
        return _take_selectors(made, text, at)
    between = _is_between_latin(made, text, at)
    if between and char in ZERO_WIDTH | JOINERS:
        made.split.append(at)
    elif char not in ZERO_WIDTH | BIDI_CONTROLS:
        made.seen.append(char)
    return at + 1


def _is_between_latin(made: _PlainText, text: str, at: int) -> bool:
    """Whether an invisible character stands in a word of Latin letters."""
    return bool(made.seen) and _is_latin(made.seen[-1][-1:]) and _is_latin(text[at + 1 : at + 2])


def _read_selector(char: str) -> int | None:
    """The number of a sign that says how another is drawn, 0 to 255; None for any other."""
    if ord(char) in SELECTORS_LOW:
        return ord(char) - SELECTORS_LOW.start
    return ord(char) - SELECTORS_HIGH.start + 16 if ord(char) in SELECTORS_HIGH else None


def _take_selectors(made: _PlainText, text: str, at: int) -> int:
    """One belongs to the sign before it; a row of them may be bytes of words."""
    numbers: list[int] = []
    while at + len(numbers) < len(text):
        number = _read_selector(text[at + len(numbers)])
        if number is None:
            break
        numbers.append(number)
    if len(numbers) == 1:
        made.seen.append(text[at])
    else:
        made.hidden.append(_tidy_words(bytes(numbers).decode("utf-8", "replace")))
    return at + len(numbers)


def _is_latin(char: str) -> bool:
    """Whether it is a letter of a script that sets no invisible marks between letters."""
    return char in ZERO_WIDTH | JOINERS or (char.isalpha() and char < "\u0250")


def _take_tag_characters(made: _PlainText, text: str, at: int) -> int:
    """Twins of ASCII that nothing shows; behind a black flag they are the flag of a country."""
    end = at
    while end < len(text) and TAG_START <= ord(text[end]) <= TAG_END:
        end += 1
    if made.seen[-1:] == [BLACK_FLAG] and end - at <= MAX_FLAG_CHARS:
        made.seen.append(text[at:end])
    else:
        made.hidden.append(_tidy_words("".join(chr(ord(c) - TAG_START) for c in text[at:end])))
    return end


def _take_overridden(made: _PlainText, text: str, at: int) -> int:
    """What runs against its letters, as it is seen."""
    end = at + 1
    while end < len(text) and text[end] not in END_OF_OVERRIDE:
        end += 1
    said = "".join(c for c in text[at + 1 : end] if c not in OVERRIDES | BIDI_CONTROLS)
    if text[at] == "\u202e":
        made.hidden.append(_tidy_words(said))
        said = said[::-1]
    made.seen.append(said)
    return end


def join_hidden(found: Iterable[str]) -> str:
    """Hidden words of several parts, each once."""
    lines = [line for text in found for line in text.split("\n")]
    return "\n".join(dict.fromkeys(filter(None, lines)))
