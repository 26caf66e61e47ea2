"""Writing and verifying receipts: numbered without gaps, each sealed to the one before."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

import rfc8785
from django.db import connection, transaction
from django.utils import timezone

from tickets.models import Receipt, Ticket

MILLIONTH = Decimal("0.000001")
CHAIN_LOCK_KEY = 0x7EC  # one writer of the chain at a time, only for the length of the insert
DIGEST_FIELDS = [
    field.attname
    for field in Receipt._meta.concrete_fields
    if field.name not in {"id", "body_sha256"}
]


def compute_sha256(content: object) -> str:
    """Digest of a text, or of the canonical JSON (RFC 8785) of anything else."""
    data = content.encode() if isinstance(content, str) else rfc8785.dumps(make_json_safe(content))
    return hashlib.sha256(data).hexdigest()


def append_receipt(**values: Any) -> Receipt:
    """Write one receipt at the end of the chain, in the caller's transaction or its own.

    Takes the fields of Receipt but for ``seq`` and the digests.
    """
    with transaction.atomic():
        Ticket.get_locked(values["ticket"].pk)
        (receipt,) = append_receipts([values])
    return receipt


def append_receipts(rows: Sequence[Mapping[str, Any]]) -> list[Receipt]:
    """Write receipts of one ticket at the end of the chain, in their order, in one go.

    Call inside a transaction that has locked the ticket; nobody else writes to the chain until
    it ends.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [CHAIN_LOCK_KEY])
    last = Receipt.objects.order_by("-seq").values_list("seq", "body_sha256").first()
    seq, digest = last or (0, "")
    made: list[Receipt] = []
    for number, values in enumerate(rows, start=seq + 1):
        made.append(_seal_receipt(number, digest, values))
        digest = made[-1].body_sha256
    return Receipt.objects.bulk_create(made)


def _seal_receipt(seq: int, previous: str, values: Mapping[str, Any]) -> Receipt:
    receipt = Receipt(**{"at": timezone.now(), **values}, seq=seq, previous_sha256=previous)
    receipt.cost = Decimal(receipt.cost).quantize(MILLIONTH)  # sealed as it will be read
    receipt.output_sha256 = compute_sha256(receipt.output)
    receipt.limits_sha256 = compute_sha256(receipt.limits)
    receipt.body_sha256 = compute_sha256(build_body(receipt))
    return receipt


def build_body(receipt: Receipt) -> dict[str, Any]:
    """The fields of the receipt that its digest covers, as JSON values."""
    return {name: make_json_safe(getattr(receipt, name)) for name in DIGEST_FIELDS}


def verify_chain() -> Iterator[str]:
    """Walk the chain; yield one sentence for each receipt that does not hold."""
    expected, previous = 1, ""
    for receipt in Receipt.objects.order_by("seq").iterator():
        if receipt.seq != expected:
            yield f"Receipt {expected} is missing: the next one found is {receipt.seq}."
        if receipt.previous_sha256 != previous:
            yield f"Receipt {receipt.seq} does not follow the one before it."
        if receipt.body_sha256 != compute_sha256(build_body(receipt)):
            yield f"Receipt {receipt.seq} was changed after it was written."
        expected, previous = receipt.seq + 1, receipt.body_sha256


def make_json_safe(value: object) -> Any:
    """The value as JSON has it; decimals and times as text, so that no digit is lost."""
    match value:
        case dict():
            return {str(key): make_json_safe(item) for key, item in value.items()}
        case list() | tuple():
            return [make_json_safe(item) for item in value]
        case None | bool() | int() | float() | str():
            return value
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
