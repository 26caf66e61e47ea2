"""A receipt of each act that was refused to a person, although nothing else was changed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied

from approvals.errors import Refused
from approvals.models import Refund
from tickets.audit import receipts

DENIED = "denied"


@contextmanager
def record_denials(refund: Refund, by: User, step: str, **said: str) -> Iterator[None]:
    """Leave a receipt where what is tried inside is refused, and let the refusal go on.

    ``said`` is what they typed and must not be lost. The verb's own transaction is over by
    then, so the receipt stands although it undid everything.
    """
    try:
        yield
    except (Refused, PermissionDenied) as refusal:
        receipts.append_receipt(
            ticket=refund.ticket,
            step=step,
            actor_kind="human",
            actor=by.get_username(),
            status=DENIED,
            output={
                "refund": refund.pk,
                "order": refund.order.number,
                "kind": type(refusal).__name__,
                "reason": str(refusal),
                **said,
            },
        )
        raise
