"""Tuning on labelled texts: what it brings together, and what it refuses."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pytest

from triage.inference.encoder import Encoder
from triage.inference.label_tuning import compute_contrastive_loss, tune_labels
from triage.inference.registry import pinned

if TYPE_CHECKING:
    from triage.inference.encoder import Vectors

ENTRY = pinned.load_entries()["minilm"]
# A label by the shop's own habit: what a text is about does not say which queue it is for.
QUEUES = {
    "north": ["the kettle leaks", "my lamp flickers", "a chair leg is loose", "the rug has a hole"],
    "south": ["the kettle is late", "where is my lamp", "no chair arrived", "the rug went missing"],
    "": ["hello", "what is the weather", "thank you all"],
}
TEXTS = [text for texts in QUEUES.values() for text in texts]
LABELS = [label for label, texts in QUEUES.items() for _ in texts]


@pytest.fixture(scope="module")
def plain() -> Encoder:
    return Encoder(ENTRY)


def apart(vectors: Vectors) -> float:
    """Mean cosine within the two queues, less that between them."""
    cosine = vectors[:8] @ vectors[:8].T
    within = (cosine[:4, :4].sum() + cosine[4:, 4:].sum() - 8) / 24
    return float(within - cosine[:4, 4:].mean())


def test_texts_of_a_label_come_together_and_those_of_none_take_no_part(plain: Encoder) -> None:
    tuned = tune_labels(plain, TEXTS, LABELS, epochs=6)
    assert tuned.report["texts"] == 8
    assert tuned.report["labels"] == 2
    assert tuned.report["loss_last"] < tuned.report["loss_first"]
    after = Encoder(ENTRY, tuned=tuned.weights)
    assert apart(after.embed(TEXTS)) > apart(plain.embed(TEXTS)) + 0.2


def test_ada_is_told_which_label_has_too_few_texts(plain: Encoder) -> None:
    with pytest.raises(ValueError, match="“west” has one"):
        tune_labels(plain, [*TEXTS, "a single text"], [*LABELS, "west"])


def test_ada_is_told_that_one_label_is_not_enough(plain: Encoder) -> None:
    with pytest.raises(ValueError, match="There is 1 label"):
        tune_labels(plain, QUEUES["north"], ["north"] * 4)


def test_the_contrast_is_what_the_paper_defines() -> None:
    import torch

    vectors = torch.nn.functional.normalize(torch.tensor([[1.0, 0.0], [1.0, 0.2], [0.0, 1.0]]))
    near, far = float(vectors[0] @ vectors[1]) / 0.07, float(vectors[0] @ vectors[2]) / 0.07
    across = float(vectors[1] @ vectors[2]) / 0.07
    first = near - math.log(math.exp(near) + math.exp(far))
    second = near - math.log(math.exp(near) + math.exp(across))
    loss = compute_contrastive_loss(vectors, torch.tensor([0, 0, 1]))
    assert float(loss) == pytest.approx(-(first + second) / 2, abs=1e-5)


def test_texts_that_share_no_label_have_no_contrast() -> None:
    import torch

    assert float(compute_contrastive_loss(torch.eye(3), torch.tensor([0, 1, 2]))) == 0.0
