"""Sentences that sound like money back, where the rules hear nothing."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User

from tests.support import ticket_stories
from tests.support.payment_rows import approve
from tickets.delivery.sending import UnapprovedCommitment
from tickets.models import Draft
from triage.contract.step import EngineUnavailable
from triage.pipeline import send_guard
from triage.signals.sentence_model import SentenceModel
from triage.training import commitment_fitting

UNSEEN = Path(__file__).parent / "commitments_unseen.toml"
INDIRECT = "You'll see it on your card by Friday at the latest."


def unseen() -> tuple[list[str], list[str]]:
    found = tomllib.loads(UNSEEN.read_text("utf-8"))
    return found["promised"], found["harmless"]


def test_together_they_find_what_the_rules_alone_do_not() -> None:
    promised, harmless = unseen()
    model = send_guard.load_commitment_model()
    by_rules = commitment_fitting.apply_rules(promised)
    assert (by_rules | model.flag_sentences(promised)).mean() >= 0.93 > by_rules.mean() + 0.1
    freed = [
        text
        for text, by in zip(harmless, commitment_fitting.apply_rules(harmless), strict=True)
        if not by
    ]
    assert sum(model.flag_sentences(freed)) <= 0.03 * len(freed)


def test_it_was_not_taught_what_it_is_examined_on() -> None:
    taught = {" ".join(text.casefold().split()) for text in commitment_fitting.load_corpus()[0]}
    assert not taught & {" ".join(text.casefold().split()) for lot in unseen() for text in lot}


def test_nothing_of_our_own_writer_sounds_like_a_promise() -> None:
    texts, truth = commitment_fitting.load_corpus()
    own = [text for text, promise in zip(texts, truth, strict=True) if "HP-10422" in text]
    assert len(own) > 50
    for sample in ("HP-10422", "HP-7"), ("£89.00", "£1,173.95"), ("3 May", "19 October"):
        said = [text.replace(*sample) for text in own]
        assert not any(send_guard.load_commitment_model().flag_sentences(said)), sample


def test_the_same_model_is_the_same_bytes() -> None:
    model = send_guard.load_commitment_model()
    again = SentenceModel.loads(model.dumps())
    assert again.dumps() == model.dumps()
    assert again.compute_probabilities([INDIRECT]) == pytest.approx(
        model.compute_probabilities([INDIRECT])
    )


@pytest.fixture
def draft(db: Any, ana: User) -> Draft:
    ticket_stories.policy()
    ticket = ticket_stories.ticket(ticket_stories.marta())
    ticket_stories.finished(ticket)
    made: Draft = ticket.drafts.latest("pk")
    made.edited_body = f"Dear Marta,\n\n{INDIRECT}\n\nKind regards"
    return made


def test_what_sounds_like_money_cannot_be_sent_and_the_form_says_why(draft: Draft) -> None:
    with pytest.raises(UnapprovedCommitment) as refused:
        send_guard.refuse_unapproved(draft, draft.ticket)
    (objection,) = refused.value.objections
    assert objection.sentence == INDIRECT
    assert "none was approved on this ticket" in objection.because


def test_where_a_refund_was_approved_the_rules_alone_weigh_it(draft: Draft) -> None:
    run = draft.run
    assert run is not None
    approve(ticket_stories.refund_of(draft.ticket, run))
    draft.edited_body = f"Dear Marta,\n\nYour refund has been approved. {INDIRECT}\n\nRegards"
    send_guard.refuse_unapproved(draft, draft.ticket)


def test_without_the_model_the_rules_still_read_it(draft: Draft, monkeypatch: Any) -> None:
    def missing() -> Any:
        raise EngineUnavailable("promises: no file")

    monkeypatch.setattr(send_guard, "load_commitment_model", missing)
    (check,) = send_guard.refuse_unapproved(draft, draft.ticket)
    assert check.because.endswith("its model cannot be used (promises: no file)")
    draft.edited_body = "We will refund you £49.00."
    with pytest.raises(UnapprovedCommitment):
        send_guard.refuse_unapproved(draft, draft.ticket)
