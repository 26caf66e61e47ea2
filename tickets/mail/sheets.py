"""CSS in mails, as declarations: those of a style attribute, and those of a sheet for an element.

tinycss2 reads the syntax (comments, escapes, blocks) and cssselect2 matches the selectors, as
browsers do. A block for some screens only (@media with a width, @supports) is no help here and
left out, as is a selector that takes too long: what cannot be told counts as shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final
from xml.etree.ElementTree import Element

import tinycss2
from cssselect2 import ElementWrapper, Matcher, SelectorError, compile_selector_list

MAX_RULES: Final = 2_000
MAX_STEPS: Final = 2_000_000
"""Tests of one selector on one element in one mail: some seconds."""
MAX_NESTED_BLOCKS: Final = 5
MAX_NESTED_FUNCTIONS: Final = 20
MAX_VALUE_CHARS: Final = 2_000
MAX_CHAIN: Final = 3
"""Selectors of so many parts apart ("div td .x"); each goes through all elements around."""
STEPS_OF_CHAIN: Final = 20
ALL_SCREENS: Final = frozenset({"", "all", "screen", "only screen", "only all", "not print"})
SEPARATOR: Final = "\ue000"
SLOW_SELECTORS: Final = (":has", "nth-last", "of-type", "~ ")
Tokens = Sequence[Any]


@dataclass(frozen=True)
class Rule:
    """Selectors and declarations as they stand in a sheet; ``steps`` is how long a test takes."""

    selectors: Tokens
    style: str
    steps: int


class StyleSheet:
    """The rules of a mail's own sheets."""

    def __init__(self) -> None:
        self._rules: list[Rule] = []

    def add(self, css: str) -> None:
        """Read the rules of a sheet. What holds for some screens only is left out."""
        bare = css.replace("<!--", "").replace("-->", "")
        parsed = tinycss2.parse_stylesheet(bare, skip_comments=True, skip_whitespace=True)
        for rule in _iter_rules(parsed, 0):
            if len(self._rules) < MAX_RULES:
                self._rules.append(rule)

    def match(self, root: Element) -> list[str]:
        """The declarations for each element of a page in its order, those that outrank others
        last.
        """
        elements = list(ElementWrapper.from_html_root(root).iter_subtree())
        matcher = self._build_matcher(MAX_STEPS // max(1, len(elements)))
        return [
            ";".join(style for _, _, pseudo, style in matcher.match(element) if not pseudo)
            for element in elements
        ]

    def _build_matcher(self, steps: int) -> Matcher:
        matcher = Matcher()
        for rule in self._rules:
            steps -= rule.steps
            if steps < 0:
                break
            for selector in _compile_selectors(rule.selectors):
                matcher.add_selector(selector, rule.style)
        return matcher


def _iter_rules(rules: Iterable[Any], depth: int) -> Iterator[Rule]:
    for rule in rules:
        if rule.type == "qualified-rule":
            yield from _iter_selected(rule)
        elif rule.type == "at-rule" and rule.content and _holds_everywhere(rule):
            inner = tinycss2.parse_rule_list(rule.content, skip_comments=True, skip_whitespace=True)
            if depth < MAX_NESTED_BLOCKS:
                yield from _iter_rules(inner, depth + 1)


def _iter_selected(rule: Any) -> Iterator[Rule]:
    """A rule for each of its selectors: one that is wrong spoils no other."""
    style = _write_source(rule.content)
    for selector in _write_source(_mark_commas(rule.prelude)).lower().split(SEPARATOR):
        bare = selector.replace("/**/", "")
        joined = " ".join(bare.replace(">", " > ").replace("+", " + ").split())
        chain = len(joined.split()) - 1 - 2 * (joined.count(" > ") + joined.count(" + "))
        if chain <= MAX_CHAIN and not any(slow in joined for slow in SLOW_SELECTORS):
            tokens = tinycss2.parse_component_value_list(bare)
            yield Rule(tokens, style, STEPS_OF_CHAIN ** max(0, chain - 1))


def _mark_commas(tokens: Tokens) -> Tokens:
    """Tokens with a sign of our own for the commas between selectors, not for those in them."""
    mark = tinycss2.parse_component_value_list(SEPARATOR)
    return [each for found in tokens for each in (mark if found == "," else [found])]


def _write_source(tokens: Tokens) -> str:
    """Tokens as CSS; "" where they are nested so deep that nobody meant it."""
    try:
        return str(tinycss2.serialize(tokens))
    except RecursionError:
        return ""


def _holds_everywhere(rule: Any) -> bool:
    """Whether a block holds on any screen: @layer, and @media without a condition."""
    if rule.lower_at_keyword == "layer":
        return True
    said = " ".join(_write_source(rule.prelude).lower().replace("/**/", " ").split())
    queries = {" ".join(query.split()) for query in said.split(",")}
    return rule.lower_at_keyword == "media" and bool(queries & ALL_SCREENS)


def _compile_selectors(selectors: Tokens) -> list[Any]:
    try:
        return list(compile_selector_list(selectors))
    except (SelectorError, RecursionError):
        return []


def read_style(style: str, variables: Mapping[str, str] | None = None) -> dict[str, str]:
    """The declarations of a style, each the last one; an important one is not overruled.

    Values are in small letters, without comments and escapes. ``variables`` are the custom
    properties of the elements around ("--ink").
    """
    found: dict[str, Any] = {}
    for each in _parse_declarations(style):
        before = found.get(each.lower_name)
        if each.important or not (before and before.important):
            found[each.lower_name] = each
    known = dict(variables or {})
    for name in sorted(found, key=lambda name: not name.startswith("--")):
        known[name] = _write_value(found[name].value, known)
    return {name: known[name] for name in found}


@lru_cache(maxsize=1_000)
def _parse_declarations(style: str) -> list[Any]:
    """A page repeats its styles for every cell."""
    parsed = tinycss2.parse_blocks_contents(style, skip_comments=True, skip_whitespace=True)
    return [each for each in parsed if each.type == "declaration"]


def _write_value(tokens: Tokens, variables: Mapping[str, str], depth: int = 0) -> str:
    if depth > MAX_NESTED_FUNCTIONS:
        return ""
    written = "".join(_write_token(token, variables, depth) for token in tokens)
    return " ".join(written.split())[:MAX_VALUE_CHARS]


def _write_token(token: Any, variables: Mapping[str, str], depth: int) -> str:
    if token.type == "comment":
        return " "
    if token.type == "ident":
        return str(token.lower_value)
    if token.type == "function":
        return _write_function(token, variables, depth)
    if token.type == "url":
        return "url()"
    return _write_source([token]).lower()


def _write_function(token: Any, variables: Mapping[str, str], depth: int) -> str:
    if token.lower_name == "var":
        name, _, fallback = _write_value(token.arguments, {}, depth + 1).partition(",")
        rest = tinycss2.parse_component_value_list(fallback)
        name = name.strip()
        return variables[name] if name in variables else _write_value(rest, variables, depth + 1)
    inner = _write_value(token.arguments, variables, depth + 1)
    if token.lower_name in {"calc", "min", "max", "clamp"}:
        return _compute_value(inner) or f"{token.lower_name}({inner})"
    return f"{token.lower_name}({inner})"


def _compute_value(inner: str) -> str:
    """What a calculation comes to, where it is one value, or nothing but zeros, or times zero."""
    parts = inner.replace("*", " * ").replace(",", " ").split()
    values = [part for part in parts if part not in {"+", "-", "*", "/"}]
    zeros = [part for part in values if not part.rstrip("abcdefghijklmnopqrstuvwxyz%").strip("0.")]
    if values and (len(zeros) == len(values) or (zeros and set(parts) <= {*values, "*"})):
        return "0px" if "(" not in inner else ""
    return values[0] if len(parts) == 1 else ""
