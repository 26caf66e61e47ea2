"""Attribution: check each sentence of a written text and fill in the values of its slots.

Pure. Each sentence keeps the facts and clauses it rests on; one that rests on nothing is
left out and listed with the reason.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

from triage.contract.case import Case
from triage.contract.fact_types import CLAUSE
from triage.contract.slots import SLOT, WritingTask
from triage.contract.step import Check, Engine, Usage
from triage.guardrails.claims import find_unsupported_claim
from triage.guardrails.claims.retelling import compute_retold_share
from triage.nlu.sentences import iter_slotted_sentences

# What only a slot may say: any digit of any script, money, addresses, links.
UNSOURCED_VALUE = re.compile(r"[\d⟦⟧@€£$¥₹%#]|https?:|www\.", re.IGNORECASE)
NUMBER_WORDS = re.compile(
    r"\b(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty|thirty|sixty|ninety"
    r"|hundred|thousand|dozen)\b",
    re.IGNORECASE,
)


FREE_KINDS = ("general", "hosted")
"""Engines that were not made for this: no rule here was fitted to how they write."""

MAX_RETOLD_SHARE = 0.5
"""Of the content words of a free text: more has nothing behind it than has."""

PARAGRAPH_BREAK = "\n\n"
WORDING_REF = "shop:wording"


@dataclass(frozen=True, kw_only=True)
class Written:
    """What a writer produced, slots still in it. ``finished`` is False where it was cut off."""

    text: str
    finished: bool = True
    usage: Usage = Usage()


class Writer(Engine, Protocol):
    """Writes a text that points at values; raises EngineError."""

    def write(self, task: WritingTask) -> Written: ...


@dataclass(frozen=True, kw_only=True)
class Part:
    """A piece of finished text: plain where ``ref`` is empty, else the value of a row or clause."""

    text: str
    ref: str = ""
    kind: str = ""


@dataclass(frozen=True, kw_only=True)
class Claim:
    """One sentence, the references of what it rests on, and whether it was kept."""

    text: str
    refs: tuple[str, ...]
    kept: bool
    because: str = ""


@dataclass(frozen=True, kw_only=True)
class Grounded:
    """A finished text in parts, and every sentence the writer produced, kept or left out."""

    parts: tuple[Part, ...]
    claims: tuple[Claim, ...]

    @property
    def text(self) -> str:
        return "".join(part.text for part in self.parts)

    @property
    def refs(self) -> frozenset[str]:
        return frozenset(ref for claim in self.claims if claim.kept for ref in claim.refs)

    @property
    def omitted_claims(self) -> tuple[Claim, ...]:
        return tuple(claim for claim in self.claims if not claim.kept)


def ground_sentences(written: Written, task: WritingTask, *, must_cite: bool = False) -> Grounded:
    """Keep the sentences that rest on this case's slots, fill the values in, list the rest.

    With ``must_cite`` a sentence without any slot is not kept.
    """
    parts: list[Part] = []
    claims: list[Claim] = []
    for sentence in iter_slotted_sentences(written.text):
        if not sentence.strip():
            parts.append(Part(text="\n" * min(2, sentence.count("\n"))))
            continue
        because = find_sentence_fault(sentence, task, must_cite=must_cite)
        filled = tuple(fill_slots(sentence, task))
        claims.append(
            Claim(
                text="".join(part.text for part in filled).strip(),
                refs=tuple(part.ref for part in filled if part.ref),
                kept=not because,
                because=because,
            )
        )
        if not because:
            parts.extend(filled)
    return Grounded(parts=tuple(_tidy_breaks(parts)), claims=tuple(claims))


def insert_required_wording(grounded: Grounded, added: Iterable[str]) -> Grounded:
    """The text with the sentences that the shop requires, a paragraph each, before its closing."""
    parts, claims = list(grounded.parts), list(grounded.claims)
    for text in added:
        at = max(
            (n for n, part in enumerate(parts) if part.text == PARAGRAPH_BREAK), default=len(parts)
        )
        parts[at:at] = [
            Part(text=PARAGRAPH_BREAK),
            Part(text=text, ref=WORDING_REF, kind="wording"),
        ]
        claims.append(Claim(text=text, refs=(WORDING_REF,), kept=True))
    return Grounded(parts=tuple(parts), claims=tuple(claims))


def find_sentence_fault(sentence: str, task: WritingTask, *, must_cite: bool) -> str:
    """Why a sentence may not be kept, in plain words, or an empty string."""
    names = SLOT.findall(sentence)
    prose = SLOT.sub("", sentence)
    unknown = [name for name in names if task.find_slot(name) is None]
    if unknown:
        return f"points at {', '.join(unknown)}, which this case does not have"
    if has_unsourced_value(prose) or NUMBER_WORDS.search(prose):
        return "states a number, amount, address or link by itself"
    if must_cite and not names:
        return "stands on no fact"
    if len(set(names)) < len(names):
        return "says the same value twice"
    return find_unsupported_claim(sentence, task)


def has_unsourced_value(prose: str) -> bool:
    """Whether prose without its slots holds a digit, fraction, amount, address or link."""
    return bool(UNSOURCED_VALUE.search(prose)) or any(character.isnumeric() for character in prose)


def fill_slots(sentence: str, task: WritingTask) -> Iterator[Part]:
    """The sentence in parts, slots replaced by their values.

    A clause is quoted; a slot that the case does not have becomes an ellipsis.
    """
    end = 0
    for match in SLOT.finditer(sentence):
        if match.start() > end:
            yield Part(text=sentence[end : match.start()])
        end = match.end()
        slot = task.find_slot(match.group(1))
        if slot is None:
            yield Part(text="…")
        elif slot.kind == CLAUSE:
            yield Part(text=f"“{slot.value}”", ref=slot.ref, kind=CLAUSE)
        else:
            yield Part(text=slot.value, ref=slot.ref, kind="fact")
    if end < len(sentence):
        yield Part(text=sentence[end:])


def _tidy_breaks(parts: list[Part]) -> Iterator[Part]:
    """The parts without the gaps that removed sentences leave: no two blank lines in a row, none
    at either end.
    """
    broken = True
    kept: list[Part] = []
    for part in parts:
        is_break = not part.ref and not part.text.strip() and "\n" in part.text
        if is_break and broken:
            continue
        text = part.text.lstrip(" ") if broken and not part.ref else part.text
        kept.append(Part(text=text, ref=part.ref, kind=part.kind))
        broken = is_break
    while kept and not kept[-1].ref and not kept[-1].text.strip():
        kept.pop()
    return iter(kept)


def check_writing(
    written_in_full: bool, grounded: Grounded, most_omitted: float
) -> Iterator[Check]:
    """The checks that any written text has to pass, whoever wrote it."""
    yield Check(
        name="finished",
        passed=written_in_full,
        because="the writer was cut off before the end",
    )
    yield Check(
        name="every value has a source",
        passed=not has_unsourced_value(
            "".join(part.text for part in grounded.parts if not part.ref)
        ),
        because="a number, amount, address or link stands in the text without a source",
    )
    omitted = len(grounded.omitted_claims)
    yield Check(
        name="little was left out",
        passed=omitted <= most_omitted,
        value=f"{omitted} of {len(grounded.claims)} sentences",
        threshold=f"at most {most_omitted:g}",
        because="; ".join(dict.fromkeys(claim.because for claim in grounded.omitted_claims)),
    )


def compute_free_share(engine: Engine, written: Written, task: WritingTask) -> float | None:
    """The share of a free text that has nothing behind it, to a thousandth; None where the
    engine was made for this.
    """
    if engine.card.kind not in FREE_KINDS:
        return None
    sentences = filter(str.strip, iter_slotted_sentences(written.text))
    return round(compute_retold_share(sentences, task), 3)


def check_retelling(share: float | None, most_retold: float) -> Iterator[Check]:
    """A free text must not retell more than it cites; of others nothing is asked."""
    if share is None:
        return
    yield Check(
        name="cites more than it retells",
        passed=share <= most_retold,
        value=f"{share:.0%} of its words have no row and no clause behind them",
        threshold=f"at most {most_retold:.0%}",
        because="a general model tells more in free words than rows and clauses can bear out",
    )


def list_writing_inputs(
    case: Case, task: WritingTask, cut: Collection[str] = ()
) -> tuple[tuple[str, str, str, str], ...]:
    """What a writer was given: the customer's words, and each slot's description without its value.

    A slot named in ``cut`` had no room in the prompt, and is described as left out.
    """
    message = "message, only its beginning" if "message" in cut else "message"
    said = ((message, f"ticket:{case.ticket}", "customer", task.ticket),) if task.ticket else ()
    slots = tuple(
        (_describe_input("clause heading", slot.name, cut), slot.ref, "policy", slot.about)
        if slot.kind == CLAUSE
        else (_describe_input("fact description", slot.name, cut), slot.ref, "system", slot.about)
        for slot in task.slots
    )
    return (*said, *slots)


def _describe_input(what: str, name: str, cut: Collection[str]) -> str:
    return f"{what}, left out: no room" if name in cut else what
