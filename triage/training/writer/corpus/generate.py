"""Examples for the writer: a case, and the text a good support agent would write."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import count
from random import Random
from typing import Final

from triage.contract import order_status
from triage.contract.slots import Slot, WritingTask
from triage.generation.circumstances import find_circumstances, is_grave
from triage.generation.phrases import (
    LOOKED_UP,
    choose_template,
    fill_template,
    load_phrases,
    select_phrases,
)
from triage.generation.supported_sentences import UNKNOWN_LABELS
from triage.training.writer.corpus import world
from triage.training.writer.corpus.synthetic_tickets import build_ticket_text
from triage.training.writer.corpus.world import Situation

DEMO_INTENTS: Final = 14
URGENT_LEVELS: Final = ("high", "urgent")
SUMMARY_SHARE: Final = 0.2


@dataclass(frozen=True)
class Example:
    """One case and one good answer to it, slots in place."""

    task: WritingTask
    text: str


def iter_examples(seed: int, held_out: bool = False) -> Iterator[Example]:
    """Examples without end, always the same ones for a seed."""
    return (build_example(seed, number, held_out) for number in count())


def build_example(seed: int, number: int, held_out: bool = False) -> Example:
    """The ``number``-th example of a seed; with ``held_out`` in the words kept back."""
    rng = Random(f"{seed}/{number}/{held_out}")  # noqa: S311 (a seed, not a secret)
    case = _invent_situation(rng)
    known = world.invent_facts(rng, case)
    summary = _build_summary(rng, known) if rng.random() < SUMMARY_SHARE else ""
    if summary:
        task = WritingTask(
            kind="summary", intent=case.intent, outcome="", urgency="", slots=tuple(known)
        )
        return Example(task, summary)
    return _build_draft_example(rng, case, known, held_out)


def _invent_situation(rng: Random) -> Situation:
    intents = load_phrases("intents")
    names = list(intents)
    weights = [3 if place < DEMO_INTENTS else 1 for place in range(len(names))]
    intent, also = rng.choices(names, weights, k=2)
    named = rng.random() >= 0.1
    outcomes = intents[intent]["outcomes"]
    if rng.random() < 0.15:
        outcomes = ["none", *load_phrases("replies")["decisions"]]
    arrived = intents[intent]["facts"] == "item"
    odds = [1, 1, 0, 10, 2, 0] if arrived else [4, 4, 1, 5, 2, 1]
    state = rng.choices(list(order_status.STATUSES), odds)[0]
    told = rng.choices([0, 1, 2], [50, 38, 12])[0]
    return Situation(
        intent=intent,
        also=also if also != intent and rng.random() < 0.15 else "",
        outcome=rng.choice(outcomes) if named else rng.choice(["none", "human", "human"]),
        urgency=rng.choices(["low", "normal", *URGENT_LEVELS], [20, 50, 20, 10])[0],
        status=rng.choice(order_status.STATUSES[state]),
        circumstances=tuple(rng.sample(list(load_phrases("circumstances")), told)),
        named=named,
    )


def _build_draft_example(
    rng: Random, case: Situation, known: list[Slot], held_out: bool
) -> Example:
    quoted = world.invent_clauses(rng, case) if case.named else []
    task = WritingTask(
        kind="draft",
        intent=_choose_label(rng, case.intent, held_out)
        if case.named
        else rng.choice(UNKNOWN_LABELS),
        also=_choose_label(rng, case.also, held_out) if case.also else "",
        outcome=case.outcome,
        urgency=case.urgency,
        slots=(*known, *quoted),
        ticket=build_ticket_text(rng, case, known, held_out),
    )
    told = tuple(find_circumstances(task))  # a slip of the finger can have hidden one
    return Example(task, _build_draft(rng, replace(case, circumstances=told), known, quoted))


def _choose_label(rng: Random, intent: str, held_out: bool) -> str:
    names: list[str] = load_phrases("intents")[intent]["names"]
    return names[0] if rng.random() < 0.6 else rng.choice(select_phrases(names, held_out))


def _build_marks(known: Sequence[Slot]) -> dict[str, str]:
    """kind -> what a sentence says for it: its mark, or the marks of several, joined."""
    by_kind: dict[str, list[str]] = {}
    for slot in known:
        by_kind.setdefault(slot.kind, []).append(slot.mark)
    marks = {kind: found[0] for kind, found in by_kind.items()}
    for kind, plural in (("item", "items"), ("other_order", "others")):
        if kind in by_kind:
            marks[plural] = _join_marks(by_kind[kind])
    return marks


def _join_marks(marks: Sequence[str]) -> str:
    *first, last = marks
    return f"{', '.join(first)} and {last}" if first else last


def _build_draft(rng: Random, case: Situation, known: list[Slot], quoted: list[Slot]) -> str:
    words, marks = load_phrases("replies"), _build_marks(known)
    hello = words["greetings"]["named" if "customer" in marks else "plain"]
    bye = words["closings"]["shop" if "shop" in marks else "plain"]
    policy = _build_policy_paragraph(rng, case.outcome, quoted)
    no, *after = decision = _build_decision(rng, case, marks, bool(quoted))
    middle = [policy, " ".join(decision)]
    if case.outcome == "refuse":
        middle = [no, policy, " ".join(after)]
    paragraphs = [
        rng.choice(hello),
        " ".join(_build_opening(rng, case, marks)),
        *filter(None, middle),
        rng.choice(bye),
    ]
    return fill_template("\n\n".join(paragraphs), marks)


def _build_opening(rng: Random, case: Situation, marks: dict[str, str]) -> list[str]:
    words = load_phrases("replies")
    said = []
    if rng.random() < 0.6:
        by_shop = "shop" in marks and rng.random() < 0.25
        said.append(rng.choice(words["thanks"]["named" if by_shop else "plain"]))
    about = case.intent if case.named else "other"
    said.append(rng.choice(_filter_acknowledgements(words["acknowledge"][about], marks)))
    said += [
        rng.choice(load_phrases("circumstances")[name]["replies"]) for name in case.circumstances
    ]
    if case.urgency in URGENT_LEVELS:
        said.append(rng.choice(words["thanks"]["urgent"]))
    said += _build_fact_sentences(rng, case, marks)
    if case.also:
        said.append(rng.choice(words["also"][case.also]))
    return said


def _filter_acknowledgements(phrases: list[str], marks: dict[str, str]) -> list[str]:
    if "order" in marks:
        return phrases
    return [phrase for phrase in phrases if not LOOKED_UP.search(phrase)]


def _build_fact_sentences(rng: Random, case: Situation, marks: dict[str, str]) -> list[str]:
    """The order facts that matter for this intent, the order itself first; then the values
    that the customer named and that we have no better fact for.
    """
    family = case.family if case.named else "none"
    groups = load_phrases("replies")["facts"][family]
    hidden = order_status.find_hidden_kinds(family, case.status if "status" in marks else "")
    told = [choose_template(rng, group, marks.keys() - hidden) for group in groups]
    told = [sentence for sentence in told if sentence] if told and told[0] else []
    return told + _build_mention_sentences(rng, family, marks)


def _build_mention_sentences(rng: Random, family: str, marks: dict[str, str]) -> list[str]:
    words = load_phrases("replies")["said"]
    if family == "money" and "said_amount" in marks:
        return [rng.choice(words["amount"])]
    if family == "delivery" and "said_date" in marks and "promised" not in marks:
        return [rng.choice(words["date"])]
    return []


def _build_policy_paragraph(rng: Random, outcome: str, quoted: Sequence[Slot]) -> str:
    words = load_phrases("replies")["policy"]
    first = words["refuse" if outcome == "refuse" else "lead"]
    leads = [first, *[words["second"]] * len(quoted)]
    return "\n".join(
        f"{rng.choice(lead)} {clause.mark}" for lead, clause in zip(leads, quoted, strict=False)
    )


def _build_decision(
    rng: Random, case: Situation, marks: dict[str, str], answered: bool
) -> list[str]:
    """What was decided and what comes next. Where nothing was to be decided, the order is
    asked for if the answer lies in it, and what is grave or left open goes to a person."""
    words, outcome = load_phrases("replies"), case.outcome
    family = case.family if case.named else "none"
    if outcome == "none" and any(is_grave(name) for name in case.circumstances):
        outcome = "human"
    if outcome == "none" and family != "none" and "order" not in marks:
        outcome = "ask order"
    if outcome == "none" and family == "none" and not answered:
        outcome = "human"
    if outcome == "none":
        ended = "status" in marks and case.status in order_status.ENDED_STATUSES
        return [rng.choice(words["offer"]["none" if ended else family])]
    said = [_choose_decision_sentence(rng, words["decisions"][outcome], marks)]
    if outcome == "ask order" and "order" not in marks:
        said = [*_mention_unknown_order(rng, marks), *said]
        if "others" in marks:
            said.append(rng.choice(words["other_orders"]["listed"]))
    after = words["next"].get(outcome) or words["next"]["review"]
    return [*said, rng.choice(after)]


def _mention_unknown_order(rng: Random, marks: dict[str, str]) -> list[str]:
    named = load_phrases("replies")["said"]["order"]
    return [rng.choice(named)] if {"said_order", "others"} <= marks.keys() else []


def _choose_decision_sentence(rng: Random, sentences: Sequence[str], marks: dict[str, str]) -> str:
    stating = choose_template(rng, sentences, marks)
    return stating or rng.choice([s for s in sentences if "{" not in s])


def _build_summary(rng: Random, known: Sequence[Slot]) -> str:
    """A few sentences: the customer, the order, what is in it, refunds, what is unclear."""
    groups, marks = load_phrases("summaries")["groups"], _build_marks(known)
    order = choose_template(rng, groups["order"], marks)
    told = [
        choose_template(rng, groups["customer"], marks),
        order or _choose_orderless_sentence(rng, marks),
    ]
    if order:
        told.append(choose_template(rng, groups["goods"], marks))
    told += [choose_template(rng, groups[group], marks) for group in ("refunds", "said")]
    return fill_template(" ".join(sentence for sentence in told if sentence), marks)


def _choose_orderless_sentence(rng: Random, marks: dict[str, str]) -> str:
    groups = load_phrases("summaries")["groups"]
    return choose_template(rng, groups["unclear"], marks) or choose_template(
        rng, groups["ticket"], marks
    )
