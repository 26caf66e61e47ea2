"""Tuned weights of the encoder as a file: what was added to the pinned ones, and to which."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from triage.contract.step import EngineUnavailable


@dataclass(frozen=True, kw_only=True)
class TunedWeights:
    """What tuning changed, as safetensors; ``report`` says from how much and how the loss fell."""

    weights: bytes
    sha256: str
    base_sha256: str
    report: Mapping[str, Any] = field(default_factory=dict)


def pack_changes(
    module: Any,
    before: Mapping[str, Any],
    base_sha256: str,
    report: Mapping[str, Any],
    *,
    share: float = 1.0,
) -> TunedWeights:
    """The module's changes since ``before``, of which ``share`` is kept."""
    weights = dump_changes(module, before, base_sha256, share)
    return TunedWeights(
        weights=weights,
        sha256=hashlib.sha256(weights).hexdigest(),
        base_sha256=base_sha256,
        report=report,
    )


def dump_changes(module: Any, before: Mapping[str, Any], base_sha256: str, share: float) -> bytes:
    """What was added to each weight, in bfloat16, as safetensors that name their base.

    The difference, not the weight: a small change to a large weight would be rounded away.
    """
    import torch
    from safetensors.torch import save

    after = dict(module.named_parameters())
    added = {
        name: (share * (after[name].detach() - weight)).to(torch.bfloat16)
        for name, weight in before.items()
        if not torch.equal(after[name], weight)
    }
    return save(added, {"base_sha256": base_sha256})


def apply_changes(module: Any, tuned: bytes, base_sha256: str) -> None:
    """Add tuned changes to the weights. Raises EngineUnavailable where they do not fit."""
    import torch

    added = _load_changes(tuned, base_sha256)
    weights = dict(module.named_parameters())
    if any(name not in weights or added[name].shape != weights[name].shape for name in added):
        raise EngineUnavailable("the tuned weights do not fit this encoder: tune it again")
    with torch.no_grad():
        for name, change in added.items():
            weights[name] += change.float()


def _load_changes(tuned: bytes, base_sha256: str) -> dict[str, Any]:
    from safetensors import SafetensorError
    from safetensors.torch import load

    try:
        changes: dict[str, Any] = load(tuned)
        header = json.loads(tuned[8 : 8 + int.from_bytes(tuned[:8], "little")])
    except (SafetensorError, ValueError) as error:
        raise EngineUnavailable(f"the tuned weights cannot be read: {error}") from error
    if header.get("__metadata__", {}).get("base_sha256") != base_sha256:
        raise EngineUnavailable("the encoder was tuned from another file: tune it again")
    return changes
