"""HTML of mails: cleaning it, and reading it as plain text."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import nh3

from tickets.mail.hidden_words import SeenAndHidden, split_hidden_html

# Pictures are left out: a remote one tells its owner when the mail was read.
ALLOWED_TAGS = nh3.ALLOWED_TAGS - {"img", "map", "area"}
ALLOWED_ATTRIBUTES = {
    "a": {"href", "title"},
    "ol": {"start"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan"},
}
MAX_TAGS = 20_000  # cleaning takes the square of the nesting: 4 s for 50,000 nested tags
MAX_HTML_CHARS = 2_000_000

BLOCK_TAGS = frozenset(
    (
        "address article aside blockquote center dd div dl dt figure footer h1 h2 h3 h4 h5 h6 "
        "header hr li ol p pre section table tbody tr ul"
    ).split()
)

# Elements whose text people see, though a parser takes it for none or for raw text.
SHOWN_TAGS = {
    "listing": "pre",
    "noembed": "div",
    "noframes": "div",
    "noscript": "div",
    "plaintext": "pre",
    "xmp": "pre",
}
FOREIGN_TAGS = frozenset({"math", "svg"})  # formulas and drawings, whose text people see too
# Elements that no reader shows; annotations repeat a formula in another notation.
UNSEEN_TAGS = {"annotation", "annotation-xml", "desc", "iframe", "script", "style", "title"}
MAX_TAG_NAME_CHARS = 20


def split_hidden(html: str) -> SeenAndHidden:
    """The HTML without what cannot be seen, and the words of that."""
    ordered = replace_shown_tags(html[: 2 * MAX_HTML_CHARS])
    return split_hidden_html(ordered, is_large=_is_too_large(html))


def _is_too_large(html: str) -> bool:
    return len(html) > MAX_HTML_CHARS or html.count("<") > MAX_TAGS


def clean_html(html: str) -> str:
    """The HTML without anything that runs, loads or hides; "" where it is too large to clean."""
    if _is_too_large(html):
        return ""
    return nh3.clean(
        replace_shown_tags(html),
        tags=ALLOWED_TAGS,
        attributes=ALLOWED_ATTRIBUTES,
        clean_content_tags=UNSEEN_TAGS,
        url_schemes={"http", "https", "mailto", "tel"},
    ).strip()


def replace_shown_tags(html: str) -> str:
    """The HTML with the elements of SHOWN_TAGS, and those in formulas and drawings, as ordinary
    ones: mail programs run no scripts, so they show what stands in ``<noscript>``.
    """
    first, *rest = html.split("<")
    parts = [first]
    foreign = ""
    for tag in rest:
        slash, name = ("/", tag[1:]) if tag.startswith("/") else ("", tag)
        name = _read_tag_name(name)
        known = SHOWN_TAGS.get(name, "span" if name in FOREIGN_TAGS else "")
        if foreign and name and name not in UNSEEN_TAGS:
            known = "span"
        if name in FOREIGN_TAGS:
            foreign = "" if slash or tag.partition(">")[0].endswith("/") else name
        blank = " " if known == "span" else ""  # between the numbers of a fraction
        parts.append(f"{blank}<{slash}{known or name}{tag[len(slash) + len(name) :]}")
    return "".join(parts)


def _read_tag_name(tag: str) -> str:
    """The name at the start of a tag as it stands in SHOWN_TAGS, or as it is written."""
    end = next((at for at, sign in enumerate(tag[:MAX_TAG_NAME_CHARS]) if not sign.isalnum()), 0)
    return tag[:end].lower()


def extract_text(html: str) -> str:
    """The HTML as plain text: blocks are lines, quotations begin with ">"."""
    cleaned = clean_html(html)
    if not cleaned:
        return re.sub(r"<[^<>]{0,1000}>", " ", html[:MAX_HTML_CHARS]).strip()
    reader = _TextExtractor()
    reader.feed(cleaned)
    reader.close()
    return reader.get_text()


class _TextExtractor(HTMLParser):
    """Collects lines; only ever fed with cleaned HTML, which is well formed."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.lines: list[str] = [""]
        self.quotes = 0
        self.preformatted = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "br" or tag in BLOCK_TAGS:
            self._start_line(always=tag == "br")
        if tag == "p":
            self._add_blank_line()
        if tag == "li":
            self.lines[-1] += "- "
        self.quotes += tag == "blockquote"
        self.preformatted += tag == "pre"

    def handle_endtag(self, tag: str) -> None:
        if tag in {"td", "th"}:
            self.lines[-1] += " "
        if tag in BLOCK_TAGS:
            self._start_line()
        if tag in {"p", "blockquote", "ul", "ol", "table"}:
            self._add_blank_line()
        self.quotes -= tag == "blockquote"
        self.preformatted -= tag == "pre"

    def handle_data(self, data: str) -> None:
        pieces = data.split("\n") if self.preformatted else [re.sub(r"\s+", " ", data)]
        for number, piece in enumerate(pieces):
            if number:
                self._start_line(always=True)
            if not self.lines[-1] and not self.preformatted:
                piece = piece.lstrip()
            if piece and not self.lines[-1] and self.quotes:
                self.lines[-1] = ">" * min(self.quotes, 9) + " "
            self.lines[-1] += piece

    def _start_line(self, *, always: bool = False) -> None:
        if always or self.lines[-1]:
            self.lines.append("")

    def _add_blank_line(self) -> None:
        if len(self.lines) > 1 and self.lines[-2]:
            self.lines.append("")

    def get_text(self) -> str:
        text = "\n".join(line.rstrip() for line in self.lines)
        return re.sub(r"\n{3,}", "\n\n", text).strip()
