"""From a step's result to its receipt, and from a receipt back to the step's output."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from cattrs.preconf.json import make_converter

from tickets.audit import receipts
from tickets.models import Receipt, Run
from triage.contract.step import Evidence, Status, Step, StepResult, Tried

converter = make_converter()
converter.register_unstructure_hook(Decimal, str)
converter.register_structure_hook(Decimal, lambda value, _: Decimal(value))


def write_receipt(run: Run, result: StepResult, ladder: Iterable[str]) -> Receipt:
    """Append the receipt of one step of the run."""
    evidence, usage, served = result.evidence, result.evidence.usage, result.served
    return receipts.append(
        ticket=run.ticket,
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
        inputs=[*inputs_of(evidence), _case_of(run)],
        output=converter.unstructure(result.output),
        label=evidence.label,
        confidence=_confidence(result),
        promise=_promise(result),
        citations=[dict(citation) for citation in evidence.citations],
        claims=[dict(claim) for claim in evidence.claims],
        checks=converter.unstructure(result.checks),
        limits=dict(result.limits),
        ladder=list(ladder),
        tried=[_tried(rung) for rung in result.tried],
        reasons=list(evidence.reasons),
        budget_ms=result.step.worksheet.budget_ms,
        latency_ms=result.milliseconds,
        **_who(result) if served else {"actor_kind": "rule", "actor": "end of the ladder"},
    )


def _who(result: StepResult) -> dict[str, Any]:
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


def _case_of(run: Run) -> dict[str, Any]:
    """Everything the steps could know, as one digest: what was finished for another is not reused."""
    return {
        "kind": "case",
        "ref": f"ticket:{run.ticket_id}",
        "trust": "system",
        "sha256": run.case_sha256,
    }


def _confidence(result: StepResult) -> float | None:
    """How sure the engine was that served, or the last that was doubted."""
    return next((e.confidence for e in _heard(result) if e.confidence is not None), None)


def _promise(result: StepResult) -> dict[str, Any]:
    return next((dict(e.promise) for e in _heard(result) if e.promise), {})


def _heard(result: StepResult) -> list[Evidence]:
    doubted = [rung.evidence for rung in reversed(result.tried) if rung.evidence]
    return [result.evidence] if result.served else doubted


def inputs_of(evidence: Evidence) -> list[dict[str, Any]]:
    """What was seen, as digests: the contents stay where they are and can be erased there."""
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


def _tried(rung: Tried) -> dict[str, Any]:
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


def outputs_so_far(run: Run, steps: Iterable[Step]) -> Mapping[type, Any]:
    """What earlier attempts of the run finished, so that the next one goes on from there."""
    kinds = {step.name: step.writes for step in steps}
    done = run.receipts.filter(step__in=kinds, status__in=[Status.OK, Status.ABSTAINED])
    return {
        kinds[receipt.step]: converter.structure(receipt.output, kinds[receipt.step])
        for receipt in done
        if _case_of(run) in receipt.inputs
    }
