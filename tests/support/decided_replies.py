"""Refunds asked for and decided on, with rules alone to write the reply."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User

from approvals import services
from approvals.models import Refund
from approvals.services import Proposal
from approvals.snapshot.build import compute_fingerprint
from tests.support import shop_rows
from tests.support.run_rows import citation
from tickets.models import Draft, Run
from triage.contract.step import Rung
from triage.models import Intent
from triage.pipeline import registry
from triage.pipeline.rule_engines import ArithmeticEngine, PhraseLabeller, SentenceWriter
from triage.retrieval.word_answerer import WordAnswerer
from triage.steps.retrieve import SearchResult


class NoSearch:
    """Finds nothing: what was decided rests on the clause that people saw."""

    card = ArithmeticEngine().card

    def search(self, query: str, on: Any, top: int, message: str = "") -> Any:
        return SearchResult(hits=(), near=(), index_sha256="0" * 64, by_meaning=True)

    def clause(self, ref: str, on: Any) -> None:
        return None


@pytest.fixture(autouse=True)
def rules_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """No model is loaded: phrases label, rules write."""
    Intent.objects.create(
        slug="return-request", name="return request", phrases=["send it back"], money=True
    )
    engines = {
        "classify": PhraseLabeller(),
        "retrieve": NoSearch(),
        "summarize": SentenceWriter(),
        "decide": ArithmeticEngine(),
        "answer": WordAnswerer(NoSearch(), least_reply=0.5, least_clause=0.75),
        "draft": SentenceWriter(),
    }
    rungs = {step: [_build_rung(engine)] for step, engine in engines.items()}
    monkeypatch.setattr(registry, "load_ladders", lambda known: rungs)


def _build_rung(engine: Any) -> Rung:
    return Rung(name=engine.card.name, load=lambda: engine)


def asked_for(amount: str = "49.00", **values: Any) -> Refund:
    """Maya's kettle, asked for by a run that wrote a draft."""
    order, ticket = shop_rows.order(), shop_rows.ticket()
    run = Run.objects.create(ticket=ticket, state="done", attempt=1)
    Draft.objects.create(
        ticket=ticket, run=run, composed_by="focal", body="A colleague reviews a refund."
    )
    proposal = Proposal(
        order=order, amount=Decimal(amount), **{"citations": [citation()], **values}
    )
    return services.propose_refund(ticket, proposal, run=run, by=None)


def decide(
    refund: Refund, by: User, verdict: str, reason: str = "As it should be.", **more: Any
) -> Refund:
    return services.decide_refund(
        refund.pk, by=by, verdict=verdict, reason=reason, seen=compute_fingerprint(refund), **more
    )
