"""Writing and verifying receipts: numbered without gaps, each sealed to the one before."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.db import connection, transaction
from django.db.models import ExpressionWrapper, F, JSONField, TextField, Value
from django.utils import timezone

from tickets.audit.canonical_json import (
    make_json_safe,
    rewrite_canonical,
    rewrite_repeated,
    write_canonical,
)
from tickets.audit.quick_rewriting import rewrite_quickly, rewrite_repeated_quickly
from tickets.models import Receipt, Ticket

MILLIONTH = Decimal("0.000001")
CHAIN_LOCK_KEY = 0x7EC  # one writer of the chain at a time, only for the length of the insert
DIGEST_FIELDS = [
    field.attname
    for field in Receipt._meta.concrete_fields
    if field.name not in {"id", "body_sha256"}
]
BODY_NAMES = sorted(DIGEST_FIELDS)
BODY_FRAME = "{" + ",".join(f'"{name}":%s' for name in BODY_NAMES) + "}"
JSON_NAMES = {
    field.attname for field in Receipt._meta.concrete_fields if isinstance(field, JSONField)
}
REPEATED_NAMES = {"limits", "ladder", "promise", "runtime"}  # the same in most receipts
MAX_PAGE_RECEIPTS = 500  # about 3 MB at a time
Writer = Callable[[Any], str]


def _list_body_writers(rewrite: Writer, rewrite_repeated: Writer) -> list[Writer]:
    """What writes the canonical JSON of each field in the order of BODY_NAMES, JSON given as
    text.
    """
    repeated = dict.fromkeys(REPEATED_NAMES, rewrite_repeated)
    rewriters = {**dict.fromkeys(JSON_NAMES, rewrite), **repeated}
    return [rewriters.get(name, write_canonical) for name in BODY_NAMES]


QUICK_WRITERS = _list_body_writers(rewrite_quickly, rewrite_repeated_quickly)
EXACT_WRITERS = _list_body_writers(rewrite_canonical, rewrite_repeated)


def compute_sha256(content: object) -> str:
    """Digest of a text, or of the canonical JSON (RFC 8785) of anything else."""
    text = content if isinstance(content, str) else write_canonical(content)
    return hashlib.sha256(text.encode()).hexdigest()


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
    return _insert_receipts(made)


def _insert_receipts(made: list[Receipt]) -> list[Receipt]:
    """Insert them in one statement.

    Django hands rows of plain values over as arrays, one a column, and psycopg writes arrays of
    wide JSON text by text in Python: twice the time. With an expression in a row it writes rows.
    """
    attempts = [receipt.attempt for receipt in made]
    for receipt in made:
        receipt.attempt = Value(receipt.attempt)
    Receipt.objects.bulk_create(made)
    for receipt, attempt in zip(made, attempts, strict=True):
        receipt.attempt = attempt
    return made


def _seal_receipt(seq: int, previous: str, values: Mapping[str, Any]) -> Receipt:
    receipt = Receipt(**{"at": timezone.now(), **values}, seq=seq, previous_sha256=previous)
    receipt.cost = Decimal(receipt.cost).quantize(MILLIONTH)  # sealed as it will be read
    written = {name: write_canonical(getattr(receipt, name)) for name in JSON_NAMES}
    receipt.output_sha256 = compute_sha256(written["output"])
    receipt.limits_sha256 = compute_sha256(written["limits"])
    parts = (written.get(name) or write_canonical(getattr(receipt, name)) for name in BODY_NAMES)
    receipt.body_sha256 = _compute_body_sha256(parts)
    return receipt


def _compute_body_sha256(parts: Iterable[str]) -> str:
    """Digest of a body by the canonical JSON of its fields, in the order of BODY_NAMES."""
    return compute_sha256(BODY_FRAME % tuple(parts))


def build_body(receipt: Receipt) -> dict[str, Any]:
    """The fields of the receipt that its digest covers, as JSON values."""
    return {name: make_json_safe(getattr(receipt, name)) for name in DIGEST_FIELDS}


def verify_chain(after: int = 0, until: int | None = None) -> Iterator[str]:
    """Walk the chain; yield one sentence for each receipt that does not hold.

    Only the receipts behind the seq ``after``, and their link to it, up to the seq ``until``.
    """
    expected, previous = _find_link(after) if after else (1, "")
    for seq, follows, digest, *fields in _iter_rows(after, until):
        if seq != expected:
            yield f"Receipt {expected} is missing: the next one found is {seq}."
        if follows != previous:
            yield f"Receipt {seq} does not follow the one before it."
        if not _is_intact(digest, fields):
            yield f"Receipt {seq} was changed after it was written."
        expected, previous = seq + 1, digest


def _find_link(after: int) -> tuple[int, str]:
    """What the first receipt behind ``after`` has to be: its seq, and the digest before it."""
    before = Receipt.objects.filter(seq__lte=after).order_by("-seq")
    seq, digest = before.values_list("seq", "body_sha256").first() or (0, "")
    return seq + 1, digest


def _iter_rows(after: int, until: int | None) -> Iterator[tuple[Any, ...]]:
    """The seq, the two digests and the fields of each receipt, read a page at a time.

    JSON stays the text that PostgreSQL has: most of it was seen before, and no row is built.
    """
    columns = [
        ExpressionWrapper(F(name), TextField()) if name in JSON_NAMES else F(name)
        for name in BODY_NAMES
    ]
    rows = Receipt.objects.order_by("seq").values_list(
        "seq", "previous_sha256", "body_sha256", *columns
    )
    rows = rows if until is None else rows.filter(seq__lte=until)
    page = list((rows.filter(seq__gt=after) if after else rows)[:MAX_PAGE_RECEIPTS])
    while page:
        yield from page
        page = list(rows.filter(seq__gt=page[-1][0])[:MAX_PAGE_RECEIPTS])


def _is_intact(digest: str, fields: Sequence[Any]) -> bool:
    """Whether the fields have the digest; where quick writers find another, the exact ones say."""
    return any(_has_digest(fields, digest, by) for by in (QUICK_WRITERS, EXACT_WRITERS))


def _has_digest(fields: Sequence[Any], digest: str, writers: Sequence[Writer]) -> bool:
    try:
        parts = [write(value) for write, value in zip(writers, fields, strict=True)]
    except ValueError:  # what JSON cannot hold was never sealed
        return False
    return digest == _compute_body_sha256(parts)
