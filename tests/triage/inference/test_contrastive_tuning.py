"""Tuning on a shop's own questions and clauses: what it changes, where it fits, what it refuses."""

from __future__ import annotations

import numpy as np
import pytest

from triage.contract.step import EngineUnavailable
from triage.inference import contrastive_tuning
from triage.inference.contrastive_tuning import tune_pairs
from triage.inference.encoder import Encoder
from triage.inference.registry import pinned
from triage.inference.tuned_weights import TunedWeights

ENTRY = pinned.load_entries()["minilm"]
# Names only this shop has: no public text says which clause a "wobbler" is about.
CLAUSES = {
    "wobbler": "Chairs with uneven legs are exchanged free of charge.",
    "greenie": "A gift card may be spent in several orders.",
    "late bird": "Orders placed after four leave the next working day.",
    "bluebox": "Parcels to islands need five more days.",
    "half moon": "Cut fabric cannot be sent back.",
    "snapper": "Broken lids are replaced from stock.",
    "paperweight": "Invoices are sent by post on request.",
    "doorstop": "Large furniture is delivered to the ground floor.",
}
PAIRS = [(f"what about a {name}?", clause) for name, clause in CLAUSES.items()]


@pytest.fixture(scope="module")
def plain() -> Encoder:
    return Encoder(ENTRY)


@pytest.fixture(scope="module")
def tuned(plain: Encoder) -> TunedWeights:
    return tune_pairs(plain, PAIRS, epochs=12)


def found_first(encoder: Encoder) -> int:
    """How many questions have their own clause as the nearest."""
    clauses = encoder.embed([clause for _, clause in PAIRS])
    asked = encoder.embed([f"I have a {name} here" for name in CLAUSES])
    return int(((asked @ clauses.T).argmax(axis=1) == np.arange(len(PAIRS))).sum())


def test_the_shops_own_words_lead_to_its_clauses(plain: Encoder, tuned: TunedWeights) -> None:
    after = found_first(Encoder(ENTRY, tuned=tuned.weights))
    assert after >= 7
    assert after > found_first(plain)


def test_the_report_says_from_how_much_and_that_the_loss_fell(tuned: TunedWeights) -> None:
    assert tuned.report["pairs"] == tuned.report["clauses"] == 8
    assert tuned.report["loss_last"] < tuned.report["loss_first"]


def test_the_encoder_in_use_is_left_as_it_is(plain: Encoder) -> None:
    before = plain.embed(["a wobbler"])
    tune_pairs(plain, PAIRS, epochs=1)
    assert (plain.embed(["a wobbler"]) == before).all()


def test_the_same_pairs_and_seed_give_the_same_weights(plain: Encoder) -> None:
    first, again, other = (tune_pairs(plain, PAIRS, epochs=1, seed=seed) for seed in (3, 3, 4))
    assert first.sha256 == again.sha256 != other.sha256


def test_the_words_themselves_stay_and_the_file_is_safetensors(tuned: TunedWeights) -> None:
    from safetensors.torch import load

    names = list(load(tuned.weights))
    assert names
    assert not [name for name in names if name.startswith("embeddings.")]
    assert len(tuned.weights) < 25_000_000


def test_the_receipt_names_the_pinned_file_and_the_tuned_one(tuned: TunedWeights) -> None:
    card = Encoder(ENTRY, tuned=tuned.weights).build_engine_info("hybrid")
    assert card.weights == tuned.base_sha256 == ENTRY.sha256
    assert card.settings["tuned_sha256"] == tuned.sha256


def test_weights_tuned_from_another_file_are_refused(tuned: TunedWeights) -> None:
    other = tuned.weights.replace(ENTRY.sha256.encode(), b"0" * 64)
    with pytest.raises(EngineUnavailable, match="another file"):
        Encoder(ENTRY, tuned=other)


def test_broken_weights_are_refused(tuned: TunedWeights) -> None:
    with pytest.raises(EngineUnavailable, match="cannot be read"):
        Encoder(ENTRY, tuned=tuned.weights[:5000])


def test_weights_of_another_shape_are_refused() -> None:
    import torch
    from safetensors.torch import save

    strange = save({"encoder.layer.9.weight": torch.ones(2)}, {"base_sha256": ENTRY.sha256})
    with pytest.raises(EngineUnavailable, match="do not fit"):
        Encoder(ENTRY, tuned=strange)


def test_ada_is_told_when_the_pairs_are_too_few(plain: Encoder) -> None:
    with pytest.raises(ValueError, match="at least 8 different clauses"):
        tune_pairs(plain, PAIRS[:7])


def test_each_pair_has_a_look_alike_or_none_has(plain: Encoder) -> None:
    with pytest.raises(ValueError, match="one for each"):
        tune_pairs(plain, PAIRS, look_alikes=["Large lids are sent by post."])


def test_a_clause_that_answers_too_is_not_pushed_away(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a question's two clauses neither counts against the other."""
    import torch

    vectors = {"q": [1.0, 0.0], "a": [1.0, 0.0], "b": [1.0, 0.0]}
    monkeypatch.setattr(
        contrastive_tuning,
        "embed_texts",
        lambda _, texts: torch.tensor([vectors[text] for text in texts]),
    )
    batch: contrastive_tuning.Batch = (["q", "q"], ["a", "b"], [])
    assert float(contrastive_tuning._compute_loss(None, batch, {"q": {"a", "b"}})) == pytest.approx(
        0.0
    )
    assert float(contrastive_tuning._compute_loss(None, batch, {"q": set()})) == pytest.approx(
        np.log(2)
    )
