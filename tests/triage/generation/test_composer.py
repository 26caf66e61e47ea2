"""What the bundled writer can write at all: whatever it prefers, a text that may be sent."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import islice
from typing import Any

import numpy as np
import pytest

from tests.benchmarks.writer.evaluation import STEPS
from tests.support.case_values import FakeWriter
from triage.contract.fact_types import CLAUSE
from triage.contract.slots import SLOT, Slot, WritingTask
from triage.generation.composer import Composition
from triage.generation.decision_sentences import find_decisions
from triage.generation.phrasebook import Phrasebook
from triage.generation.phrases import load_phrases
from triage.generation.prompt import build_writer_prompt
from triage.guardrails.attribution import has_unsourced_value
from triage.guardrails.claims import find_unsupported_claim
from triage.nlu.sentences import iter_slotted_sentences
from triage.training.writer.corpus.generate import Example, iter_examples
from triage.training.writer.held_out_cases import build_held_out_case

PIECE = re.compile(r"⟦\w+⟧|\n| ?[^\s⟦]+| ")
END = 0
MANY = 300


class Words:
    """A vocabulary of words that grows as it reads; 0 is the end."""

    def __init__(self) -> None:
        self.known: dict[str, int] = {"": END}

    def tokens(self, text: str) -> list[int]:
        return [self.known.setdefault(piece, len(self.known)) for piece in PIECE.findall(text)]

    def spell(self, tokens: list[int]) -> str:
        pieces = list(self.known)
        return "".join(pieces[token] for token in tokens)


WORDS = Words()
BOOK = Phrasebook(WORDS.tokens, END)


def babble(task: WritingTask, seed: int) -> str:
    """A text by a writer that prefers any token to any other, within what it may write."""
    rng = np.random.default_rng(seed)
    composition, tokens = Composition(BOOK, task), list[int]()
    while not tokens or tokens[-1] != END:
        logits = rng.random(len(WORDS.known), np.float32)
        composition.mask_logits(logits)
        tokens.append(int(logits.argmax()))
        composition.accept_token(tokens[-1])
        assert len(tokens) < 2000, WORDS.spell(tokens)
    return WORDS.spell(tokens[:-1])


def held_out() -> list[Example]:
    return list(islice(iter_examples(21, held_out=True), MANY))


@pytest.mark.parametrize("seed", range(3))
def test_whatever_the_writer_prefers_its_text_passes_the_receipt(seed: int) -> None:
    for number, one in enumerate(held_out()):
        step, case, writer = STEPS[one.task.kind], build_held_out_case(one, number), FakeWriter("")
        step.run(case, writer)
        writer.text = babble(writer.tasks[0], seed + number)
        output = step.run(case, writer)
        failed = [check for check in step.check(case, output, step.limits) if not check.passed]
        assert not failed, (failed, writer.text)
        assert not output.text_attribution.omitted_claims, (
            output.text_attribution.omitted_claims,
            writer.text,
        )


def test_it_says_the_decision_that_was_made_and_no_other() -> None:
    for number, one in enumerate(held_out()):
        if one.task.kind == "draft":
            said = find_decisions(one.task, babble(one.task, number))
            assert said == find_decisions(one.task, one.text), one.task


def test_nothing_is_typed() -> None:
    for number, one in enumerate(held_out()):
        assert not has_unsourced_value(SLOT.sub("", babble(one.task, number)))


def offered(**changes: Any) -> set[str]:
    """The sentences that a reply to a late parcel, or to another case, may be made of."""
    case = {"kind": "draft", "intent": "late delivery", "outcome": "none", "urgency": "normal"}
    task = WritingTask(**{**case, "slots": (), **changes})
    return {BOOK.sentences[at].text for at in BOOK.select_supported(task).nonzero()[0]}


def test_a_sentence_about_another_matter_is_not_offered() -> None:
    gift_card = set(load_phrases("replies")["acknowledge"]["gift card question"])
    assert gift_card & offered(intent="gift card question")
    for label in ("late delivery", "", "a matter of an admin's own"):
        assert not gift_card & offered(intent=label)


def test_a_sentence_about_what_the_message_does_not_tell_is_not_offered() -> None:
    sorrow = load_phrases("circumstances")["bereavement"]
    assert set(sorrow["replies"]) <= offered(ticket=sorrow["tickets"][0])
    assert not set(sorrow["replies"]) & offered()


def test_a_sentence_whose_value_is_not_known_is_not_offered() -> None:
    status = Slot(name="status", about="", value="shipped", ref="o", kind="status")
    assert "The order is marked as ⟦status⟧." in offered(slots=(status,))
    assert not any("⟦" in text for text in offered())


def test_every_text_of_the_corpus_could_have_been_composed() -> None:
    """The constraint keeps the writer from nothing that it was taught to write."""
    missed = [one for one in islice(iter_examples(22), MANY) if not _follows(one)]
    assert not missed, missed[0]


def _follows(one: Example) -> bool:
    composition = Composition(BOOK, one.task)
    for token in [*WORDS.tokens(one.text), END]:
        logits = np.zeros(len(WORDS.known), np.float32)
        composition.mask_logits(logits)
        if logits[token] != 0:
            return False
        composition.accept_token(token)
    return True


def test_where_one_token_alone_can_follow_it_is_named() -> None:
    task = WritingTask(
        kind="summary",
        intent="",
        outcome="",
        urgency="",
        slots=(Slot(name="ticket", about="", value="#1", ref="t", kind="ticket"),),
    )
    composition = Composition(BOOK, task)
    text = next(one.text for one in BOOK.sentences if one.of == "ticket")
    only = []
    for token in WORDS.tokens(text):
        only.append(composition.find_forced_token() in (None, token))
        composition.accept_token(token)
    assert all(only)
    assert composition.find_forced_token() == END


def test_a_case_without_any_fact_leaves_nothing_to_say() -> None:
    empty = WritingTask(kind="summary", intent="", outcome="", urgency="", slots=())
    logits = np.zeros(len(WORDS.known), np.float32)
    Composition(BOOK, empty).mask_logits(logits)
    assert (logits == -np.inf).all()


def test_each_clause_is_quoted_once_and_a_refusal_comes_before_its_clause() -> None:
    for number, one in enumerate(held_out()):
        text = babble(one.task, number)
        quoted = [name for name in SLOT.findall(text) if name.startswith(CLAUSE)]
        assert quoted == [slot.name for slot in one.task.list_slots(CLAUSE)]
        if one.task.outcome == "refuse":
            first = min(
                text.find(said.text) % 10**6
                for said in BOOK.sentences
                if said.of == "refuse" and said.does == "decides"
            )
            assert first < text.find(f"⟦{CLAUSE}⟧")


@pytest.mark.parametrize("outcome", load_phrases("settled")["decisions"])
def test_whatever_the_writer_prefers_it_says_what_people_decided(outcome: str) -> None:
    cases = [one for one in held_out() if one.task.kind == "draft" and "order" in one.text]
    for number, one in enumerate(cases[:40]):
        amount = Slot(name="amount", about="", value="£49.00", ref="d", kind="amount")
        slots = (*(slot for slot in one.task.slots if slot.kind != "amount"), amount)
        task = replace(one.task, outcome=outcome, slots=slots)
        text = babble(task, number)
        assert find_decisions(task, text) == {outcome}
        assert not [
            said
            for said in iter_slotted_sentences(text)
            if said.strip() and find_unsupported_claim(said, task)
        ]


def test_what_the_writer_was_never_taught_it_is_told_as_the_nearest_it_knows() -> None:
    for outcome, told in (
        ("approved refund", "review refund"),
        ("paid store credit", "review store credit"),
        ("refuse outside window", "refuse"),
        ("ask photo", "ask photo"),
    ):
        task = WritingTask(kind="draft", intent="", outcome=outcome, urgency="", slots=())
        assert f"outcome: {told}\n" in build_writer_prompt(task)
