"""What the machine leaves behind: runs, receipts in their shapes, drafts."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone

from tickets.audit import receipts
from tickets.models import Draft, Receipt, Run, Ticket


def citation(**values: Any) -> dict[str, Any]:
    return {
        "ref": "damaged.refund",
        "policy": "damaged",
        "title": "Damaged and wrong items",
        "version": 2,
        "heading": "Money back for damaged items",
        "text": "Tell us within 30 days of delivery and we refund a damaged item in full.",
        "since": "2026-01-01",
        "until": None,
        "source": "https://harbourandpine.example/policies/damaged",
        "rank": 1,
        "score": 0.83,
        "near_miss": "",
        **values,
    }


def check(name: str, passed: bool | None, **values: str) -> dict[str, Any]:
    return {"name": name, "passed": passed, "value": "", "threshold": "", "because": "", **values}


def receipt(run: Run, step: str, **values: Any) -> Receipt:
    """One receipt of a run, as the machine writes it."""
    usual = {
        "ticket": run.ticket,
        "run": run,
        "attempt": run.attempt,
        "step": step,
        "actor_kind": "model",
        "actor": "focal",
        "status": "ok",
        "model_requested": "focal",
        "model_served": "focal",
        "model_class": "focal",
        "weights_sha256": "c" * 64,
        "latency_ms": 31,
        "budget_ms": 500,
        "inputs": [
            {
                "kind": "message",
                "ref": "message:1",
                "sha256": "d" * 64,
                "chars": 180,
                "trust": "customer",
            }
        ],
        "ladder": ["focal", "sentences"],
        "limits": {"threshold": 0.71},
    }
    return receipts.append_receipt(**{**usual, **values})


def run_of(ticket: Ticket, state: str = "done", **values: Any) -> Run:
    now = timezone.now()
    held = (
        {"lease_until": now + timedelta(seconds=30), "holder": "worker-1"}
        if state == "running"
        else {}
    )
    return Run.objects.create(
        ticket=ticket, state=state, attempt=1, started_at=now, **held, **values
    )


def classified(run: Run) -> Receipt:
    output = {
        "label": "damaged-item",
        "name": "Damaged item",
        "runner_up": "return-request",
        "runner_up_confidence": 0.04,
        "urgency": 3,
        "urgency_because": ["names a day: before Friday"],
        "basis": "model",
    }
    promise = {
        "target": 0.95,
        "threshold": 0.71,
        "coverage": 0.88,
        "examples": 320,
        "valid": True,
        "sentence": (
            "Labels above this line were right 95 times in 100 when measured on 320 examples."
        ),
    }
    checks = [
        check("confident_enough", True, value="0.94", threshold="0.71"),
        check(
            "known_kind_of_text",
            True,
            value="0.62",
            threshold="0.30",
            because="close to the examples",
        ),
        check("second_opinion", None, because="only asked below 0.80"),
    ]
    return receipt(
        run,
        "classify",
        label="damaged-item",
        confidence=0.94,
        promise=promise,
        output=output,
        checks=checks,
        latency_ms=15,
        model_requested="minilm",
        model_served="minilm",
        actor="minilm",
    )


def retrieved(run: Run) -> Receipt:
    old = citation(
        version=1,
        since="2024-01-01",
        until="2026-01-01",
        rank=2,
        score=0.79,
        near_miss="no longer in force",
    )
    output = {
        "clauses": ["damaged.refund@2"],
        "as_of": "2026-11-09",
        "as_of_because": "the day it was delivered",
    }
    checks = [check("in_force", True, value="2026-11-09"), check("clauses_agree", True)]
    return receipt(
        run,
        "retrieve",
        citations=[citation(), old],
        output=output,
        checks=checks,
        actor_kind="rule",
        latency_ms=22,
    )


def summarized(run: Run) -> Receipt:
    order, customer = "order:HP-10423", f"customer:{run.ticket.customer_id}"
    parts = [
        {"text": "Marta Lindqvist", "ref": customer, "kind": "fact"},
        {"text": " has one order. Order ", "ref": "", "kind": ""},
        {"text": "HP-10423", "ref": order, "kind": "fact"},
        {"text": " came on ", "ref": "", "kind": ""},
        {"text": "9 November 2026", "ref": order, "kind": "fact"},
        {"text": ".", "ref": "", "kind": ""},
    ]
    claims = [
        {"text": "Marta Lindqvist has one order.", "refs": [customer], "kept": True, "because": ""},
        {
            "text": "She is a loyal customer.",
            "refs": [],
            "kept": False,
            "because": "stands on no fact",
        },
    ]
    return receipt(
        run,
        "summarize",
        output={"parts": parts, "claims": claims},
        claims=claims,
        checks=[check("cites_facts", True, value="1 of 2 kept")],
    )


def decided(run: Run) -> Receipt:
    output = {
        "outcome": "review",
        "remedy": "refund",
        "amount": "42.00",
        "currency": "GBP",
        "order": "HP-10423",
        "rule": "Damaged within 30 days",
        "clause": "damaged.refund",
        "arithmetic": [["1 × Walnut table lamp", "42.00"], ["refund, GBP", "42.00"]],
        "reasons": ["Delivered 13 days ago, within 30 days"],
        "questions": ["No photograph of the damage was attached"],
        "approval_required": True,
        "reviewer": "a supervisor",
    }
    checks = [
        check("photo_attached", False, because="the policy asks for a photograph"),
        check("amount_within_paid", True, value="42.00", threshold="61.00"),
    ]
    return receipt(
        run,
        "decide",
        output=output,
        checks=checks,
        citations=[citation()],
        actor_kind="rule",
        actor="arithmetic",
        model_requested="arithmetic",
        model_served="arithmetic",
        model_class="rules",
        weights_sha256="",
        latency_ms=3,
    )


def answered(run: Run) -> Receipt:
    asked: dict[str, Any] = {
        "kind": "wish",
        "ref": "",
        "title": "",
        "blocker": None,
        "because": "",
        "compared": [],
    }
    days = {"name": "days since delivery", "value": "13", "wanted": "at most 30", "holds": True}
    items = [
        {**asked, "words": "I need the money back before Friday, please.", "source": "decision"},
        {
            **asked,
            "words": "It was a present",
            "source": "saved reply",
            "ref": "reply:where-is-my-order@1",
            "title": "Where is my order?",
            "compared": [days],
        },
    ]
    return receipt(
        run,
        "answer",
        output={"items": items},
        label="2 of 2 answered",
        checks=[check("each question has an answer or a reason", True, value="2 of 2 answered")],
    )


def drafted(run: Run) -> Receipt:
    claims = [
        {"text": "A colleague will look at your refund.", "refs": [], "kept": True, "because": ""}
    ]
    tried = [
        {
            "rung": "general-1b",
            "outcome": "failed",
            "because": "policy_match: no clause was quoted",
            "milliseconds": 410,
            "checks": [check("policy_match", False)],
        }
    ]
    return receipt(
        run,
        "draft",
        output={"composed_by": "focal", "parts": [], "omitted": []},
        claims=claims,
        tried=tried,
        checks=[
            check("no_typed_numbers", True),
            check("tone", None, because="no tone model is installed"),
        ],
    )


STEPS = (classified, retrieved, summarized, decided, answered, drafted)


def draft_of(ticket: Ticket, run: Run | None = None, **values: Any) -> Draft:
    """A draft with a name, an order, an amount and a quoted clause in it."""
    parts = [
        {"text": "Dear ", "ref": "", "kind": ""},
        {"text": ticket.sender, "ref": f"customer:{ticket.customer_id}", "kind": "fact"},
        {"text": ",\n\nwe are sorry that your order ", "ref": "", "kind": ""},
        {"text": "HP-10423", "ref": "order:HP-10423", "kind": "fact"},
        {"text": " arrived damaged. Our policy says: ", "ref": "", "kind": ""},
        {
            "text": "“Tell us within 30 days of delivery and we refund a damaged item in full.”",
            "ref": "clause:damaged.refund@2",
            "kind": "clause",
        },
        {"text": "\n\nA colleague will look at a refund of ", "ref": "", "kind": ""},
        {"text": "£42.00", "ref": "order:HP-10423", "kind": "fact"},
        {
            "text": (
                " today. Could you send us a photograph of the shade?\n\nKind "
                "regards\nHarbour & Pine"
            ),
            "ref": "",
            "kind": "",
        },
    ]
    body = "".join(part["text"] for part in parts)
    return Draft.objects.create(
        **{
            "ticket": ticket,
            "run": run,
            "composed_by": "focal",
            "body": body,
            "parts": parts,
            **values,
        }
    )
