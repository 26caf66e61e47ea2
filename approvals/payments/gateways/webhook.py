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
from approvals.payments.http import NeverSent, NoAnswer, Response, exchange
from approvals.payments.responses import Answer, Declined, NotReached, Paid, Unclear, Unheard, words

TURNED_AWAY = (401, 403, 429)
LONGEST = 120  # characters of a reference
NOT_SET = "PAYMENT_URL and PAYMENT_SECRET are not set."


def pay(execution: Execution) -> Answer:
    """Order the refund, once. Never raises for what the other side does."""
    if not (settings.PAYMENT_URL and settings.PAYMENT_SECRET):
        return NotReached(NOT_SET)
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
        answer = _send("POST", settings.PAYMENT_URL, execution.key, json.dumps(body))
    except NeverSent as error:
        return NotReached(f"The payment service could not be reached: {error}.")
    except NoAnswer as error:
        return Unclear(f"The payment service gave no answer: {error}.")
    if answer.status in TURNED_AWAY:
        return NotReached(f"The payment service turned us away with {answer.status}.")
    read = _read(answer, execution)
    return Unclear("The payment service says it does not know.") if read == Unheard() else read


def ask(execution: Execution) -> Answer:
    """Ask how it went with the key; nothing is ordered."""
    if not (settings.PAYMENT_URL and settings.PAYMENT_SECRET):
        return Unclear(NOT_SET)
    try:
        answer = _send("GET", f"{settings.PAYMENT_URL}/{execution.key}", execution.key, None)
    except (NeverSent, NoAnswer) as error:
        return Unclear(f"The payment service could not be asked: {error}.")
    return _read(answer, execution)


def _send(method: str, url: str, key: str, body: str | None) -> Response:
    now = datetime.now(tz=UTC)
    headers = {
        "content-type": "application/json",
        "idempotency-key": key,
        "webhook-id": key,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(settings.PAYMENT_SECRET).sign(key, now, body or ""),
    }
    return exchange(method, url, headers=headers, body=body, seconds=settings.PAYMENT_TIMEOUT)


def _read(answer: Response, execution: Execution) -> Answer:
    """The answer, where it is one; whatever is not exactly as agreed is unclear."""
    if answer.status != 200:
        return Unclear(f"The payment service answered {answer.status}.")
    said = _object(answer.body)
    if said is None:
        return Unclear("The payment service's answer cannot be read.")
    if wrong := _about_another(said, execution):
        return Unclear(f"The payment service speaks of another {wrong}.")
    match said.get("status"):
        case "paid":
            return _paid(said.get("reference"))
        case "refused":
            return Declined(words(said.get("reason")) or "It gave no reason.")
        case "unknown":
            return Unheard()
        case "pending":
            return Unclear("The payment service has it and is not done yet.")
    return Unclear("The payment service's answer cannot be read.")


def _object(body: bytes) -> dict[str, Any] | None:
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return said if isinstance(said, dict) else None


def _about_another(said: dict[str, Any], execution: Execution) -> str:
    """What it repeats of the order, and wrongly."""
    ours = {name: str(getattr(execution, name)) for name in ("key", "amount", "currency")}
    return next((name for name, value in ours.items() if str(said.get(name, value)) != value), "")


def _paid(reference: object) -> Answer:
    name = words(reference)
    if not name or len(name) > LONGEST or name != reference:
        return Unclear("The payment service says paid, without a reference that can be kept.")
    return Paid(name)
