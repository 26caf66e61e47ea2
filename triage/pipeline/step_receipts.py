"""From a step's result to its receipt, and from a receipt back to the step's output."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from cattrs.gen import make_dict_unstructure_fn, override
from cattrs.preconf.json import make_converter
from django.utils import timezone

from tickets.models import Run
from triage.contract.step import Attempt, Evidence, Status, Step, StepResult
from triage.steps.draft import Reply
from triage.steps.summarize import Summary

converter = make_converter()
converter.register_unstructure_hook(Decimal, str)
converter.register_structure_hook(Decimal, lambda value, _: Decimal(value))
for kind in (Summary, Reply):  # of a text that is no free text the receipt says nothing of it
    converter.register_unstructure_hook(
        kind, make_dict_unstructure_fn(kind, converter, retold=override(omit_if_default=True))
    )


def build_receipt_row(run: Run, result: StepResult, ladder: Iterable[str]) -> dict[str, Any]:
    """The fields of the receipt of one step of the run, as it ends now."""
    evidence, usage, served = result.evidence, result.evidence.usage, result.served
    return dict(
        ticket=run.ticket,
        at=timezone.now(),
        run=run,
        attempt=run.attempt,
        step=result.step.name,
        status=result.status,
        model_requested=result.requested,
        swap_reason=result.swap_reason,
        prompt_sha256=usage.prompt_sha256,
        constraint_sha256=usage.constraint_sha256,
        input_tokens=usage.input_tokens,
        output_tokens=usage.output_tokens,
        finish_reason=usage.finish_reason,
        inputs=[*digest_inputs(evidence), _build_case_input(run)],
        output=converter.unstructure(result.output),
        label=evidence.label,
        confidence=_get_confidence(result),
        promise=_get_guarantee(result),
        citations=[dict(citation) for citation in evidence.citations],
        claims=[dict(claim) for claim in evidence.claims],
        checks=converter.unstructure(result.checks),
        limits=dict(result.limits),
        ladder=list(ladder),
        tried=[_build_attempt(rung) for rung in result.tried],
        reasons=list(evidence.reasons),
        budget_ms=result.step.worksheet.budget_ms,
        latency_ms=result.milliseconds,
        **_build_actor_fields(result)
        if served
        else {"actor_kind": "rule", "actor": "end of the ladder"},
    )


def _build_actor_fields(result: StepResult) -> dict[str, Any]:
    card = result.served
    assert card is not None  # noqa: S101  for the type checker: the caller asked
    kind = {"rules": "rule", "human": "human"}.get(card.kind, "model")
    runtime = {"runtime": card.runtime, "quantization": card.quantization, **card.settings}
    return {
        "actor_kind": kind,
        "actor": card.name,
        "model_served": card.name,
        "model_class": card.kind,
        "weights_sha256": card.weights,
        "left_machine": card.left_machine,
        "runtime": {name: value for name, value in runtime.items() if value != ""},
    }


def _build_case_input(run: Run) -> dict[str, Any]:
    """The digest of all that the steps could know, as an input of a receipt: outputs finished
    for another case are not reused.
    """
    return {
        "kind": "case",
        "ref": f"ticket:{run.ticket_id}",
        "trust": "system",
        "sha256": run.case_sha256,
    }


def _get_confidence(result: StepResult) -> float | None:
    """The confidence of the engine that served, or of the last one that was doubted."""
    return next(
        (e.confidence for e in _list_relevant_evidence(result) if e.confidence is not None), None
    )


def _get_guarantee(result: StepResult) -> dict[str, Any]:
    return next((dict(e.promise) for e in _list_relevant_evidence(result) if e.promise), {})


def _list_relevant_evidence(result: StepResult) -> list[Evidence]:
    doubted = [rung.evidence for rung in reversed(result.tried) if rung.evidence]
    return [result.evidence] if result.served else doubted


def digest_inputs(evidence: Evidence) -> list[dict[str, Any]]:
    """The inputs of an output as digests: the contents stay where they are and can be erased
    there.
    """
    return [
        {
            "kind": kind,
            "ref": ref,
            "trust": trust,
            "chars": len(content),
            "sha256": hashlib.sha256(content.encode()).hexdigest(),
        }
        for kind, ref, trust, content in evidence.inputs
    ]


def _build_attempt(rung: Attempt) -> dict[str, Any]:
    return {
        "rung": rung.rung,
        "outcome": rung.outcome,
        "because": rung.because,
        "milliseconds": rung.milliseconds,
        "checks": converter.unstructure(rung.checks),
        "label": rung.evidence.label if rung.evidence else "",
        "confidence": rung.evidence.confidence if rung.evidence else None,
        "claims": [dict(claim) for claim in rung.evidence.claims] if rung.evidence else [],
    }


def load_finished_outputs(run: Run, steps: Iterable[Step]) -> Mapping[type, Any]:
    """What earlier attempts of the run finished for the same case, by output type."""
    kinds = {step.name: step.writes for step in steps}
    done = run.receipts.filter(step__in=kinds, status__in=[Status.OK, Status.ABSTAINED])
    return {
        kinds[receipt.step]: converter.structure(receipt.output, kinds[receipt.step])
        for receipt in done
        if _build_case_input(run) in receipt.inputs
    }
