"""Tuning the retrieval encoder on the citations that people accepted.

A citation is accepted when a person sent a reply that still had the clause's words in
it. One ticket in five is held back: the tuned encoder is compared with the plain one on
those, and is not used for search until a named person activates it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from tickets.models import Draft, Receipt
from triage.contract.case import Clause
from triage.learning import examples
from triage.models import Clause as ClauseRow
from triage.models import EncoderChange, Job, TunedEncoder
from triage.pipeline import jobs, registry
from triage.runtime.locks import ENCODERS_LOCK, acquire_lock

MIN_HELD_BACK_QUESTIONS = 30  # held back: fewer say little
MIN_CLAUSES = 8  # as the tuning itself demands, which a page does not load


class NotTuned(Exception):
    """Clauses are searched as before; the message says what to do."""


@dataclass(frozen=True)
class AcceptedCitation:
    """A ticket's question, as it was searched with, and a clause that its answer quoted."""

    ticket: int
    question: str
    clause: Clause


def list_accepted_citations() -> list[AcceptedCitation]:
    """Every quotation that was sent, of clauses that are still on record."""
    rows = ClauseRow.objects.select_related("version__policy")
    clauses = {f"clause:{row.ref}@{row.version.number}": registry.build_clause(row) for row in rows}
    sent = Draft.objects.filter(message__isnull=False, run__isnull=False).order_by("pk")
    drafts = list(sent.select_related("ticket", "message"))
    questions = _load_questions([draft.run_id for draft in drafts])
    return [
        AcceptedCitation(draft.ticket_id, questions[draft.run_id], clauses[ref])
        for draft in drafts
        if draft.run_id in questions
        for ref in _iter_quoted_refs(draft)
        if ref in clauses
    ]


def _iter_quoted_refs(draft: Draft) -> Iterator[str]:
    """The references of the clauses whose words were in the reply that was sent."""
    sent = draft.message.text if draft.message else ""
    for part in draft.parts:
        if part.get("kind") == "clause" and part["text"].strip() in sent:
            yield part["ref"]


def _load_questions(runs: Sequence[int | None]) -> dict[int, str]:
    """By run: the label's name and subject in the first line, then what the customer wrote."""
    receipts = Receipt.objects.filter(run__in=runs, step="classify").order_by("seq")
    read = list(receipts.values_list("run", "ticket", "ticket__subject", "output", "at"))
    messages = examples.load_messages([ticket for _, ticket, *_ in read])
    found: dict[int, str] = {}
    for run, ticket, subject, output, at in read:
        head = ". ".join(filter(None, (output.get("name", ""), subject)))
        if run and (words := examples.get_customer_words(messages[ticket], at)):
            found[run] = f"{head}\n{words}".strip()
    return found


def tune_encoder(*, by: User | None) -> TunedEncoder:
    """A saved encoder, compared with the plain one, not activated. Raises NotTuned."""
    from triage.inference.contrastive_tuning import tune_pairs
    from triage.inference.encoder import Encoder

    known, plain = list_accepted_citations(), registry.load_encoder()
    taught = [one for one in known if not examples.is_held_back(one.ticket)]
    try:
        tuned = tune_pairs(plain, _build_training_pairs(taught))
    except ValueError as error:
        raise NotTuned(str(error)) from error
    encoder = Encoder(plain.entry, threads=settings.TRIAGE_MODEL_THREADS, tuned=tuned.weights)
    return TunedEncoder.objects.create(
        weights=tuned.weights,
        sha256=tuned.sha256,
        base_sha256=tuned.base_sha256,
        report={**tuned.report, **_compare_encoders(known, plain, encoder)},
        created_by=by,
    )


def _build_training_pairs(known: Sequence[AcceptedCitation]) -> list[tuple[str, str]]:
    from triage.retrieval.index import get_search_text

    return list(dict.fromkeys((one.question, get_search_text(one.clause)) for one in known))


def _compare_encoders(known: Sequence[AcceptedCitation], plain: Any, tuned: Any) -> dict[str, Any]:
    """Both encoders on the held-back tickets, and the tuned one's calibration."""
    from triage.learning import retrieval_report

    held = [one for one in known if examples.is_held_back(one.ticket)]
    asked = list(dict.fromkeys((one.question, one.clause) for one in held))
    rows = ClauseRow.objects.select_related("version__policy").order_by("version", "position")
    clauses = [registry.build_clause(row) for row in rows]
    models, _ = retrieval_report.calibrate_engines(
        tuned, f"questions.toml, tuned {tuned.tuned_sha256[:12]}"
    )
    return {
        "relevance": asdict(models["hybrid"]),
        "plain": asdict(retrieval_report.measure_encoder(asked, clauses, plain)),
        "tuned": asdict(retrieval_report.measure_encoder(asked, clauses, tuned)),
        "few": len(asked) < MIN_HELD_BACK_QUESTIONS,
    }


def tune_job(job: Job) -> Mapping[str, Any]:
    """Tune an encoder as a job; returns its id. Raises jobs.CannotBeDone."""
    try:
        made = tune_encoder(by=job.requested_by)
    except NotTuned as why:
        raise jobs.CannotBeDone(str(why)) from why
    return {"encoder": made.pk}


def activate_encoder(encoder: TunedEncoder, *, by: User) -> None:
    """Use the encoder for search from the next ticket on. Raises NotTuned."""
    if encoder.base_sha256 != registry.get_encoder_sha256():
        raise NotTuned("It was tuned from another encoder than this machine has. Tune it again.")
    with transaction.atomic():
        acquire_lock(ENCODERS_LOCK)
        TunedEncoder.objects.filter(active=True).update(active=False)
        TunedEncoder.objects.filter(pk=encoder.pk).update(
            active=True, activated_by=by, activated_at=timezone.now()
        )
        EncoderChange.objects.create(encoder=encoder, by=by)


def restore_plain_encoder(*, by: User) -> None:
    """Use the plain encoder for search again; nothing is recorded where it already is."""
    with transaction.atomic():
        acquire_lock(ENCODERS_LOCK)
        if TunedEncoder.objects.filter(active=True).update(active=False):
            EncoderChange.objects.create(encoder=None, by=by)
