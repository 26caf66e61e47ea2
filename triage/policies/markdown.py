"""Reading policies from Markdown files: what they say, and every fault with its line.

A file begins with front matter (id, title, effective_from, source); each "## Heading
{#anchor}" begins a clause, whose reference is "<id>.<anchor>" in every version.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from pathlib import Path

import yaml
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.utils.text import slugify

from tickets.audit.receipts import compute_sha256

FRONT_MATTER_KEYS = ("id", "title", "effective_from", "source")
FRONT_MATTER_EXAMPLE = (
    'put four lines between two lines of "---" at its top: "id: returns", "title: Returns",'
    ' "effective_from: 2026-01-01", "source: https://…"'
)
HEADING = re.compile(r"##[ \t]+(?P<title>.*?)[ \t]*#*[ \t]*$")
ANCHOR = re.compile(r"[ \t]*\{#(?P<anchor>[^}]*)\}[ \t]*$")
SLUG = re.compile(r"[a-z0-9][a-z0-9-]*")
FENCE = re.compile(r"[ ]{0,3}(```|~~~)")


@dataclass(frozen=True)
class Problem:
    """What is wrong in a file, where, and what to do."""

    path: Path
    line: int
    because: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.because}"


@dataclass(frozen=True)
class ClauseText:
    """One clause as it is written."""

    anchor: str
    heading: str
    text: str


@dataclass(frozen=True)
class PolicyText:
    """One version of a policy as it is written."""

    path: Path
    id: str
    title: str
    effective_from: date
    source: str
    clauses: tuple[ClauseText, ...]

    @property
    def sha256(self) -> str:
        """Digest of what it says; the layout of the file does not count."""
        return compute_sha256(
            {
                "id": self.id,
                "title": self.title,
                "effective_from": self.effective_from,
                "source": self.source,
                "clauses": [[each.anchor, each.heading, each.text] for each in self.clauses],
            }
        )


def read_policies(files: Iterable[Path]) -> tuple[dict[str, list[PolicyText]], list[Problem]]:
    """The versions in the files by policy id, and every problem found."""
    texts: dict[str, list[PolicyText]] = defaultdict(list)
    problems: list[Problem] = []
    for path in files:
        text = parse_policy(path, problems)
        if text is None:
            continue
        same_day = [t for t in texts[text.id] if t.effective_from == text.effective_from]
        if same_day:
            because = (
                f"{same_day[0].path.name} is a version of {text.id} from the same day:"
                " give each version its own effective_from"
            )
            problems.append(Problem(path, 1, because))
        texts[text.id].append(text)
    return texts, problems


def parse_policy(path: Path, problems: list[Problem]) -> PolicyText | None:
    """The policy in a file, or None; what is wrong is added to ``problems``."""
    before = len(problems)
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        problems.append(Problem(path, 1, f"it cannot be read as UTF-8 text ({error})"))
        return None
    end = _find_front_matter_end(lines)
    if end is None:
        problems.append(Problem(path, 1, f"it has no front matter: {FRONT_MATTER_EXAMPLE}"))
        return None
    values = _parse_front_matter(path, lines[1:end], problems)
    clauses = tuple(_iter_clauses(path, lines, end + 1, values.get("title", ""), problems))
    if len(problems) > before:
        return None
    return PolicyText(
        path=path,
        id=values["id"],
        title=values["title"],
        effective_from=date.fromisoformat(values["effective_from"]),
        source=values.get("source", ""),
        clauses=clauses,
    )


def _find_front_matter_end(lines: list[str]) -> int | None:
    """The index of the line that closes the front matter."""
    if not lines or lines[0].rstrip() != "---":
        return None
    return next((n for n, line in enumerate(lines[1:], 1) if line.rstrip() == "---"), None)


def _parse_front_matter(path: Path, lines: list[str], problems: list[Problem]) -> dict[str, str]:
    """The values as text, checked. A line is counted from 1, after the opening "---"."""
    values: dict[str, str] = {}
    for key, value, line in _iter_pairs(path, lines, problems):
        because = "it is there twice: keep one" if key in values else _find_value_fault(key, value)
        if because:
            problems.append(Problem(path, line, f"{key}: {because}"))
        values[key] = value
    missing = [key for key in ("id", "title", "effective_from") if key not in values]
    if missing:
        because = f"the front matter lacks {', '.join(missing)}: {FRONT_MATTER_EXAMPLE}"
        problems.append(Problem(path, 1, because))
    return values


def _iter_pairs(
    path: Path, lines: list[str], problems: list[Problem]
) -> Iterator[tuple[str, str, int]]:
    """Key, value and line of each entry; composed, not constructed, so that lines are known."""
    try:
        root = yaml.compose("\n".join(lines), Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 2 if error.problem_mark else 1
        problems.append(Problem(path, line, f"the front matter is not YAML: {error.problem}"))
        return
    except yaml.YAMLError as error:
        problems.append(Problem(path, 1, f"the front matter is not YAML: {error}"))
        return
    if not isinstance(root, yaml.MappingNode):
        problems.append(
            Problem(path, 1, f"the front matter is not a list of names: {FRONT_MATTER_EXAMPLE}")
        )
        return
    for key, value in root.value:
        text = value.value if isinstance(value, yaml.ScalarNode) else ""
        yield str(key.value), str(text).strip(), key.start_mark.line + 2


def _find_value_fault(key: str, value: str) -> str:
    """What is wrong with a value of the front matter, or "". Other names are another program's."""
    match key:
        case "id" if not SLUG.fullmatch(value) or len(value) > 80:
            return f"{value!r} is no id: write small letters, digits and hyphens, at most 80"
        case "title" if not 0 < len(value) <= 200:
            return "write a title of 1 to 200 characters"
        case "effective_from":
            return _find_date_fault(value)
        case "source":
            return _find_source_fault(value)
        case _ if key not in FRONT_MATTER_KEYS and (
            meant := get_close_matches(key, FRONT_MATTER_KEYS, 1, 0.75)
        ):
            return f"this name means nothing here: did you mean {meant[0]}?"
    return ""


def _find_date_fault(value: str) -> str:
    try:
        date.fromisoformat(value)
    except ValueError:
        return f"{value!r} is no date: write it as 2026-01-31"
    return ""


def _find_source_fault(value: str) -> str:
    if not value:
        return ""
    try:
        URLValidator(schemes=["http", "https"])(value)
    except ValidationError:
        return f"{value!r} is no web address: write https://…, or leave it out"
    return "" if len(value) <= 200 else "the address is longer than 200 characters"


def _iter_clauses(
    path: Path, lines: list[str], start: int, title: str, problems: list[Problem]
) -> Iterator[ClauseText]:
    """The clauses from line ``start`` on; words before the first heading are one of their own."""
    anchors: dict[str, int] = {}
    found = 0
    for number, heading, body in _iter_sections(lines, start):
        text = "\n".join(body).strip()
        if not heading and not text:
            continue
        name, anchor = _split_heading(heading, title)
        because = _find_clause_fault(name, anchor, text, anchors)
        if because:
            problems.append(Problem(path, number, because))
        anchors.setdefault(anchor, number)
        found += 1
        yield ClauseText(anchor, name, text)
    if not found:
        because = 'it has no clause: begin each with a heading like "## Returns {#window}"'
        problems.append(Problem(path, start + 1, because))


def _split_heading(heading: str, title: str) -> tuple[str, str]:
    """The clause's name and its anchor, made from the name where none is written."""
    if not heading:
        return title, "about"
    marked = ANCHOR.search(heading)
    name = ANCHOR.sub("", heading).strip()
    return name, marked["anchor"] if marked else slugify(name)[:70]


def _find_clause_fault(name: str, anchor: str, text: str, anchors: dict[str, int]) -> str:
    if not 0 < len(name) <= 200:
        return "a clause needs a heading of 1 to 200 characters"
    if not SLUG.fullmatch(anchor) or len(anchor) > 70:
        return f'the anchor {anchor!r} will not do: write one like "{{#return-window}}"'
    if anchor in anchors:
        return f"the anchor {anchor} is in line {anchors[anchor]} already: give this one another"
    if not text:
        return f"the clause {name!r} says nothing: write its text or take the heading out"
    return ""


def _iter_sections(lines: list[str], start: int) -> Iterator[tuple[int, str, list[str]]]:
    """Line number, heading and body of each section; the first has no heading."""
    number, heading, body, fenced = start + 1, "", list[str](), False
    for index, line in enumerate(lines[start:], start + 1):
        fenced ^= bool(FENCE.match(line))
        found = None if fenced else HEADING.match(line)
        if found:
            yield number, heading, body
            number, heading, body = index, found["title"] or " ", []
        elif fenced or heading or not line.startswith("# "):  # "# Title" repeats the front matter
            body.append(line)
    yield number, heading, body
