"""The answers of a case as paragraphs of its reply, with a visible gap for each open one. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from triage.contract.answers import CLAUSE, SAVED_REPLY, Answer, shorten_words
from triage.contract.case import Case
from triage.contract.languages import REPLY_LANGUAGES, write_day
from triage.contract.slots import SLOT, Slot, build_fact_slots
from triage.contract.wording_slots import mark_slots
from triage.guardrails.attribution import PARAGRAPH_BREAK, Claim, Grounded, Part

GAP_KIND: Final = "gap"
GAP_START, GAP_END = "[Please answer: “", "”]"
"""Around the words of the customer, where a person has yet to write the answer."""
QUOTE_LEADS: Final = ("Our policy on this says:", "It also says:")
MAX_GAP_CHARS: Final = 200


@dataclass(frozen=True, kw_only=True)
class Paragraph:
    """One answer, or one gap, in parts, and the references of what it rests on."""

    parts: tuple[Part, ...]
    refs: tuple[str, ...]
    is_gap: bool = False

    @property
    def text(self) -> str:
        return "".join(part.text for part in self.parts)


def format_gap(words: str) -> str:
    """The line that stands where a person has to answer these words of the customer."""
    said = shorten_words(words.replace("[", " ").replace("]", " "), MAX_GAP_CHARS)
    return f"{GAP_START}{said}{GAP_END}"


def find_gaps(text: str) -> list[str]:
    """The gaps that are left in a reply, as they stand there."""
    return [line.strip() for line in text.splitlines() if GAP_START in line]


def compose_answers(answers: Iterable[Answer], case: Case) -> tuple[Paragraph, ...]:
    """A paragraph for each answer by a saved reply or a clause, once each, and for each gap."""
    found: dict[str, Paragraph] = {}
    quoted = 0
    for answer in answers:
        if answer.is_open:
            found.setdefault(f"gap {answer.words}", _build_gap(answer.words))
        elif answer.source == CLAUSE and answer.ref not in found:
            found[answer.ref] = _quote_clause(answer, case, QUOTE_LEADS[min(quoted, 1)])
            quoted += 1
        elif answer.source == SAVED_REPLY:
            parts = tuple(fill_parts(answer.text, case, answer.ref))
            refs = tuple(dict.fromkeys((answer.ref, *(part.ref for part in parts))))
            found.setdefault(f"{answer.ref} {answer.text}", Paragraph(parts=parts, refs=refs))
    return tuple(found.values())


def _build_gap(words: str) -> Paragraph:
    part = Part(text=format_gap(words), ref="shop:gap", kind=GAP_KIND)
    return Paragraph(parts=(part,), refs=(), is_gap=True)


def _quote_clause(answer: Answer, case: Case, lead: str) -> Paragraph:
    """The clause in its own words, and how it comes out for the order."""
    applied = tuple(fill_parts(answer.text, case, answer.ref))
    parts = (
        Part(text=f"{lead} "),
        Part(text=f"“{answer.quote}”", ref=answer.ref, kind=CLAUSE),
        *((Part(text=" "), *applied) if applied else ()),
    )
    return Paragraph(parts=parts, refs=tuple(dict.fromkeys(p.ref for p in parts if p.ref)))


def fill_parts(text: str, case: Case, ref: str) -> Iterator[Part]:
    """The text in parts: its own words rest on ``ref``, each value on its row."""
    slots = {slot.name: slot for slot in build_fact_slots(case.facts)}
    end, marked = 0, mark_slots(text)
    for match in SLOT.finditer(marked):
        if match.start() > end:
            yield Part(text=marked[end : match.start()], ref=ref, kind="answer")
        end = match.end()
        slot = slots[match[1]]
        yield Part(text=_write_value(slot, case.language), ref=slot.ref, kind="fact")
    if end < len(marked):
        yield Part(text=marked[end:], ref=ref, kind="answer")


def _write_value(slot: Slot, language: str) -> str:
    """The value, a day as the language of the message writes it."""
    return write_day(slot.value, language) if language in REPLY_LANGUAGES else slot.value


def insert_answers(grounded: Grounded, answers: Sequence[Paragraph]) -> Grounded:
    """The text with the answers before its closing, a paragraph each."""
    parts, claims = list(grounded.parts), list(grounded.claims)
    at = max(
        (n for n, part in enumerate(parts) if part.text == PARAGRAPH_BREAK), default=len(parts)
    )
    added = [piece for one in answers for piece in (Part(text=PARAGRAPH_BREAK), *one.parts)]
    parts[at:at] = added
    claims += [Claim(text=one.text, refs=one.refs, kept=True) for one in answers if not one.is_gap]
    return Grounded(parts=tuple(parts), claims=tuple(claims))
