"""Cleaned HTML, and the text that it says."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import nh3

# Pictures are left out: a remote one tells its owner when the mail was read.
TAGS = nh3.ALLOWED_TAGS - {"img", "map", "area"}
ATTRIBUTES = {
    "a": {"href", "title"},
    "ol": {"start"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan"},
}
MOST_TAGS = 20_000  # cleaning takes the square of the nesting: 4 s for 50,000 nested tags
LONGEST = 2_000_000

BLOCKS = {
    "address", "article", "aside", "blockquote", "center", "dd", "div", "dl", "dt", "figure",
    "footer", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "ol", "p", "pre",
    "section", "table", "tbody", "tr", "ul",
}  # fmt: skip


def clean(html: str) -> str:
    """The HTML without anything that runs, loads or hides; "" where it is too large to clean."""
    if len(html) > LONGEST or html.count("<") > MOST_TAGS:
        return ""
    return nh3.clean(
        html,
        tags=TAGS,
        attributes=ATTRIBUTES,
        clean_content_tags={"script", "style", "title"},
        url_schemes={"http", "https", "mailto", "tel"},
    ).strip()


def to_text(html: str) -> str:
    """What the HTML says, as plain text: blocks are lines, quotations begin with ">"."""
    cleaned = clean(html)
    if not cleaned:
        return re.sub(r"<[^<>]{0,1000}>", " ", html[:LONGEST]).strip()
    reader = _Text()
    reader.feed(cleaned)
    reader.close()
    return reader.text()


class _Text(HTMLParser):
    """Collects lines; only ever fed with cleaned HTML, which is well formed."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.lines: list[str] = [""]
        self.quotes = 0
        self.preformatted = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "br" or tag in BLOCKS:
            self._line(always=tag == "br")
        if tag == "p":
            self._blank()
        if tag == "li":
            self.lines[-1] += "- "
        self.quotes += tag == "blockquote"
        self.preformatted += tag == "pre"

    def handle_endtag(self, tag: str) -> None:
        if tag in {"td", "th"}:
            self.lines[-1] += " "
        if tag in BLOCKS:
            self._line()
        if tag in {"p", "blockquote", "ul", "ol", "table"}:
            self._blank()
        self.quotes -= tag == "blockquote"
        self.preformatted -= tag == "pre"

    def handle_data(self, data: str) -> None:
        pieces = data.split("\n") if self.preformatted else [re.sub(r"\s+", " ", data)]
        for number, piece in enumerate(pieces):
            if number:
                self._line(always=True)
            if not self.lines[-1] and not self.preformatted:
                piece = piece.lstrip()
            if piece and not self.lines[-1] and self.quotes:
                self.lines[-1] = ">" * min(self.quotes, 9) + " "
            self.lines[-1] += piece

    def _line(self, *, always: bool = False) -> None:
        if always or self.lines[-1]:
            self.lines.append("")

    def _blank(self) -> None:
        if len(self.lines) > 1 and self.lines[-2]:
            self.lines.append("")

    def text(self) -> str:
        text = "\n".join(line.rstrip() for line in self.lines)
        return re.sub(r"\n{3,}", "\n\n", text).strip()
