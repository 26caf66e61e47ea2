"""Examples for the writer: a case, and the text a good support agent would write."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from random import Random
from typing import Final

from triage.focal.corpus import world
from triage.focal.corpus.phrases import best, fill, load, split
from triage.focal.corpus.tickets import ticket
from triage.focal.corpus.world import Situation
from triage.grounding import Slot, WritingTask

DEMO_INTENTS: Final = 14
UNKNOWN: Final = ("", "other", "general question", "unknown", "something else", "enquiry")
LOOKED_UP: Final = re.compile(r"\b(looked|checked|see about|things stand)\b")
"""What cannot be said where it is not known which order is meant."""
URGENT: Final = ("high", "urgent", "critical")
MOST_ITEMS: Final = 4
MOST_CITED: Final = 2
"""The first two that answer: clauses are offered best first."""


@dataclass(frozen=True)
class Example:
    """One case and one good answer to it, slots in place.

    ``topics`` are those of which a clause is cited; a clause's topic is its ``ref``.
    """

    task: WritingTask
    text: str
    topics: frozenset[str] = frozenset()


def examples(seed: int, held_out: bool = False) -> Iterator[Example]:
    """Examples without end, always the same ones for a seed."""
    return (example(seed, number, held_out) for number in count())


def example(seed: int, number: int, held_out: bool = False) -> Example:
    """The ``number``-th example of a seed; ``held_out`` uses the words kept back."""
    rng = Random(f"{seed}/{number}/{held_out}")  # noqa: S311 (a seed, not a secret)
    case = _situation(rng)
    known = world.facts(rng, case, held_out)
    summary = _summary(rng, known) if rng.random() < 0.2 else ""
    if summary:
        return Example(_summary_task(case, known), summary)
    return _draft_example(rng, case, known, held_out)


def _situation(rng: Random) -> Situation:
    intents = list(load("intents"))
    weights = [3 if intents.index(i) < DEMO_INTENTS else 1 for i in intents]
    intent = rng.choices(intents, weights)[0]
    outcomes = load("intents")[intent]["outcomes"]
    if rng.random() < 0.08:
        outcomes = ["none", *load("replies")["decisions"]]
    arrived = load("intents")[intent]["facts"] == "item"
    odds = [1, 1, 0, 10, 2, 0] if arrived else [4, 4, 1, 5, 2, 1]
    state = rng.choices(list(world.STATUSES), odds)[0]
    return Situation(
        intent=intent,
        outcome=rng.choice(outcomes),
        urgency=rng.choices(["low", "normal", *URGENT], [20, 50, 20, 8, 2])[0],
        status=rng.choice(world.STATUSES[state]),
    )


def _summary_task(case: Situation, known: Sequence[Slot]) -> WritingTask:
    return WritingTask(
        kind="summary",
        intent=case.intent,
        outcome=case.outcome,
        urgency=case.urgency,
        slots=tuple(known),
    )


def _draft_example(rng: Random, case: Situation, known: list[Slot], held_out: bool) -> Example:
    named = rng.random() >= 0.06
    offered = world.clauses(rng, case, held_out)
    names = load("intents")[case.intent]["names"]
    shown = names[0] if rng.random() < 0.65 else rng.choice(split(names, held_out))
    task = WritingTask(
        kind="draft",
        intent=shown if named else rng.choice(UNKNOWN),
        outcome="" if case.outcome == "none" and rng.random() < 0.05 else case.outcome,
        urgency=case.urgency,
        slots=(*known, *offered),
        ticket=ticket(rng, case.intent, case.urgency in URGENT, held_out, not named),
    )
    topics = world.relevant_topics(case.intent, case.outcome)
    return Example(task, _draft(rng, case, named, known, _cited(topics, offered)), topics)


def _cited(wanted: frozenset[str], offered: Sequence[Slot]) -> list[Slot]:
    return [clause for clause in offered if clause.ref in wanted][:MOST_CITED]


def _marks(known: Sequence[Slot]) -> dict[str, str]:
    """kind -> what a sentence says for it: its mark, or several joined."""
    by_kind: dict[str, list[str]] = {}
    for slot in known:
        by_kind.setdefault(slot.kind, []).append(slot.mark)
    marks = {kind: found[0] for kind, found in by_kind.items()}
    if "item" in by_kind and len(by_kind["item"]) <= MOST_ITEMS:
        marks["items"] = _listed(by_kind["item"])
    if "other_order" in by_kind:
        marks["others"] = _listed(by_kind["other_order"])
    return marks


def _listed(marks: Sequence[str]) -> str:
    *first, last = marks
    return f"{', '.join(first)} and {last}" if first else last


# --- drafts ---------------------------------------------------------------------


def _draft(rng: Random, case: Situation, named: bool, known: list[Slot], cited: list[Slot]) -> str:
    words, marks = load("replies"), _marks(known)
    hello = words["greetings"]["named" if "customer" in marks else "plain"]
    bye = words["closings"]["shop" if "shop" in marks else "plain"]
    policy = _policy(rng, case.outcome, cited)
    decision = _decision(rng, case, named, marks)
    middle = [policy, " ".join(decision)]
    if case.outcome == "refuse":
        no, *after = decision
        middle = [no, policy, " ".join(after)]
    paragraphs = [
        rng.choice(hello),
        " ".join(_opening(rng, case, named, marks)),
        *filter(None, middle),
        rng.choice(bye),
    ]
    return fill("\n\n".join(paragraphs), marks)


def _opening(rng: Random, case: Situation, named: bool, marks: dict[str, str]) -> list[str]:
    words = load("replies")
    said = []
    if rng.random() < 0.6:
        by_shop = "shop" in marks and rng.random() < 0.25
        said.append(rng.choice(words["thanks"]["named" if by_shop else "plain"]))
    about = case.intent if named and case.intent in words["acknowledge"] else "other"
    said.append(rng.choice(_acknowledgements(words["acknowledge"][about], marks)))
    if case.urgency in URGENT:
        said.append(rng.choice(words["thanks"]["urgent"]))
    return said + _facts(rng, case, named, marks)


def _acknowledgements(phrases: list[str], marks: dict[str, str]) -> list[str]:
    if "order" in marks:
        return phrases
    return [phrase for phrase in phrases if not LOOKED_UP.search(phrase)]


def _facts(rng: Random, case: Situation, named: bool, marks: dict[str, str]) -> list[str]:
    """The order facts that matter for this intent, the order itself first."""
    family = load("intents")[case.intent]["facts"] if named else "order"
    groups = load("replies")["facts"][family][: None if named else 1]
    hidden = {"promised", "tracking"}
    if case.status in world.ON_ITS_WAY or "status" not in marks:
        hidden = {"delivered"} if family == "delivery" else set()
    told = [best(rng, group, marks.keys() - hidden) for group in groups]
    return [sentence for sentence in told if sentence] if told and told[0] else []


def _policy(rng: Random, outcome: str, cited: Sequence[Slot]) -> str:
    words = load("replies")["policy"]
    first = words["refuse" if outcome == "refuse" else "lead"]
    leads = [first, *[words["second"]] * len(cited)]
    return "\n".join(
        f"{rng.choice(lead)} {clause.mark}" for lead, clause in zip(leads, cited, strict=False)
    )


def _decision(rng: Random, case: Situation, named: bool, marks: dict[str, str]) -> list[str]:
    words, outcome = load("replies"), case.outcome
    family = load("intents")[case.intent]["facts"] if named else "none"
    if outcome == "none" and family != "none" and "order" not in marks:
        outcome = "ask order"
    if outcome == "none":
        return [rng.choice(words["offer"][family])]
    said = [_decided(rng, words["decisions"][outcome], marks)]
    if outcome == "ask order" and "others" in marks:
        said.append(rng.choice(words["other_orders"]["listed"]))
    after = words["next"].get(outcome) or words["next"]["review"]
    return [*said, rng.choice(after)]


def _decided(rng: Random, sentences: Sequence[str], marks: dict[str, str]) -> str:
    stating = best(rng, sentences, marks)
    return stating or rng.choice([s for s in sentences if "{" not in s])


# --- summaries ------------------------------------------------------------------


def _summary(rng: Random, known: Sequence[Slot]) -> str:
    """Up to four sentences: the customer, the order, what is in it, refunds."""
    groups, marks = load("summaries")["groups"], _marks(known)
    order = best(rng, groups["order"], marks)
    told = [best(rng, groups["customer"], marks), order or _no_order(rng, marks)]
    if order:
        told.append(best(rng, groups["goods"], marks))
    told += [best(rng, groups[group], marks) for group in ("refunds", "amount")]
    said = [sentence for sentence in told if sentence][:4]
    return fill(" ".join(said), marks)


def _no_order(rng: Random, marks: dict[str, str]) -> str:
    groups = load("summaries")["groups"]
    return best(rng, groups["unclear"], marks) or best(rng, groups["ticket"], marks)
