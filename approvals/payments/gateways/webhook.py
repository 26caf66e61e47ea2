"""The shop's own payment service, asked in signed JSON (standardwebhooks).

POST to the address orders a refund, GET of the address and the key asks how it went.
Both are answered 200 with ``{"status": "paid" | "refused" | "pending" | "unknown"}``, with
``reference`` or ``reason``. 401, 403 and 429 turn the order away before anything is done.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from standardwebhooks import Webhook

from approvals.models import Execution
from approvals.payments.http import NeverSent, NoAnswer, Response, send_http_request
from approvals.payments.responses import (
    Answer,
    Declined,
    NotReached,
    Paid,
    Unclear,
    Unheard,
    sanitize_text,
)

TURNED_AWAY_STATUSES = (401, 403, 429)
MAX_REFERENCE_CHARS = 120  # characters of a reference
SETTINGS_MISSING = "PAYMENT_URL and PAYMENT_SECRET are not set."


def pay(execution: Execution) -> Answer:
    """Order the refund, once. Never raises for what the other side does."""
    if not (settings.PAYMENT_URL and settings.PAYMENT_SECRET):
        return NotReached(SETTINGS_MISSING)
    refund = execution.refund
    body = {
        "key": execution.key,
        "refund": refund.pk,
        "order": refund.order.number,
        "amount": str(execution.amount),
        "currency": execution.currency,
        "charge": execution.charge,
    }
    try:
        answer = _send_signed("POST", settings.PAYMENT_URL, execution.key, json.dumps(body))
    except NeverSent as error:
        return NotReached(f"The payment service could not be reached: {error}.")
    except NoAnswer as error:
        return Unclear(f"The payment service gave no answer: {error}.")
    if answer.status in TURNED_AWAY_STATUSES:
        return NotReached(f"The payment service turned us away with {answer.status}.")
    read = _parse_answer(answer, execution)
    return Unclear("The payment service says it does not know.") if read == Unheard() else read


def ask(execution: Execution) -> Answer:
    """Ask how it went with the key; nothing is ordered."""
    if not (settings.PAYMENT_URL and settings.PAYMENT_SECRET):
        return Unclear(SETTINGS_MISSING)
    try:
        answer = _send_signed("GET", f"{settings.PAYMENT_URL}/{execution.key}", execution.key, None)
    except (NeverSent, NoAnswer) as error:
        return Unclear(f"The payment service could not be asked: {error}.")
    return _parse_answer(answer, execution)


def _send_signed(method: str, url: str, key: str, body: str | None) -> Response:
    now = datetime.now(tz=UTC)
    headers = {
        "content-type": "application/json",
        "idempotency-key": key,
        "webhook-id": key,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(settings.PAYMENT_SECRET).sign(key, now, body or ""),
    }
    return send_http_request(
        method, url, headers=headers, body=body, seconds=settings.PAYMENT_TIMEOUT
    )


def _parse_answer(answer: Response, execution: Execution) -> Answer:
    """The answer, where it is one; whatever is not exactly as agreed is unclear."""
    if answer.status != 200:
        return Unclear(f"The payment service answered {answer.status}.")
    said = _parse_object(answer.body)
    if said is None:
        return Unclear("The payment service's answer cannot be read.")
    if wrong := _find_mismatch(said, execution):
        return Unclear(f"The payment service speaks of another {wrong}.")
    match said.get("status"):
        case "paid":
            return _parse_paid(said.get("reference"))
        case "refused":
            return Declined(sanitize_text(said.get("reason")) or "It gave no reason.")
        case "unknown":
            return Unheard()
        case "pending":
            return Unclear("The payment service has it and is not done yet.")
    return Unclear("The payment service's answer cannot be read.")


def _parse_object(body: bytes) -> dict[str, Any] | None:
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return said if isinstance(said, dict) else None


def _find_mismatch(said: dict[str, Any], execution: Execution) -> str:
    """The name of a field of the order that the answer repeats wrongly; empty where none."""
    ours = {name: str(getattr(execution, name)) for name in ("key", "amount", "currency")}
    return next((name for name, value in ours.items() if str(said.get(name, value)) != value), "")


def _parse_paid(reference: object) -> Answer:
    name = sanitize_text(reference)
    if not name or len(name) > MAX_REFERENCE_CHARS or name != reference:
        return Unclear("The payment service says paid, without a reference that can be kept.")
    return Paid(name)
