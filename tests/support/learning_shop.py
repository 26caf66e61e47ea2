"""A shop that learns: an encoder of words alone, two intents, and tickets that people labelled."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from tests.support import shop_rows
from tests.support.run_rows import receipt, run_of
from tests.support.single_texts import SingleTexts
from tickets.models import Correction, Ticket
from triage.contract.step import EngineInfo
from triage.learning import examples
from triage.models import Activation, Classifier, Intent, IntentExample
from triage.pipeline import registry

THINGS = ("kettle", "lamp", "rug", "tent", "chair", "mug", "blanket", "stove")
TEXTS = {
    "money-back": ("refund the {} please", "money back for my {}", "return the {} for a refund"),
    "where-is-it": ("where is my {}", "has the {} been sent", "when does the {} arrive"),
}


class WordEncoder(SingleTexts):
    """Vectors of hashed words: the same text has the same vector, and no file is needed."""

    runtime = "words 1"

    def __init__(self) -> None:
        self.entry = registry.load_entries()["minilm"]
        self.asked: list[str] = []

    def embed(self, texts: Sequence[str], *, progress: bool = False) -> Any:
        import numpy as np

        self.asked += texts
        made = np.zeros((len(texts), 384), np.float32)
        for place, text in enumerate(texts):
            for word in text.lower().split():
                made[place, zlib.crc32(word.encode()) % 384] += 1
        return made / np.maximum(np.linalg.norm(made, axis=1, keepdims=True), 1e-9)

    def embed_with_tokens(self, texts: Sequence[str]) -> Any:
        import numpy as np

        return self.embed(texts), [np.zeros((0, 384), np.float32) for _ in texts]

    def build_engine_info(self, name: str, **settings: Any) -> EngineInfo:
        return EngineInfo(
            name=name,
            kind="focal",
            runtime=self.runtime,
            weights=self.entry.sha256,
            quantization="float32",
            settings=settings,
        )


@pytest.fixture
def encoder(monkeypatch: pytest.MonkeyPatch) -> Iterator[WordEncoder]:
    made = WordEncoder()
    monkeypatch.setattr(registry, "load_encoder", lambda: made)
    monkeypatch.setattr(registry, "find_signal_model", lambda *_: None)
    forget()
    yield made
    forget()


def forget() -> None:
    """Another test may have had a version of the same number."""
    registry._build_labeller.cache_clear()
    registry._load_intent_model.cache_clear()
    registry._load_intent_encoder.cache_clear()


def taxonomy() -> None:
    """Two intents with 24 examples each, and none of ours."""
    for slug, texts in TEXTS.items():
        intent = Intent.objects.create(slug=slug, name=slug.replace("-", " ").capitalize())
        for text in texts:
            for thing in THINGS:
                intent.examples.create(text=text.format(thing))
    for thing in THINGS:
        IntentExample.objects.create(text=f"do you paint a {thing} on walls")


def labelled(
    text: str, slug: str, by: User, *, before: str = "", audited: bool = False, held: bool = False
) -> Ticket:
    """A ticket that a person labelled; of those held back from training where ``held``."""
    while True:
        ticket = shop_rows.ticket(text, subject="")
        if examples.is_held_back(ticket.pk) == held:
            break
        ticket.messages.all().delete()
        ticket.delete()
    if audited:
        receipt(run_of(ticket), "classify", output={"audited": True})
    Correction.objects.create(ticket=ticket, step="classify", before=before, after=slug, by=by)
    return ticket


def later(minutes: int) -> Any:
    return timezone.now() + timedelta(minutes=minutes)


def shown(ticket: Ticket, by: User) -> Classifier:
    """A version whose page has everything there is to show, beside one that is at work."""
    old, new = (Classifier.objects.create(weights=b"", labels=[]) for _ in range(2))
    Classifier.objects.filter(pk=old.pk).update(active=True)
    Activation.objects.create(classifier=old, by=by, why="The first.")
    share = {"count": 30, "of": 40, "rate": 0.75, "low": 0.6, "high": 0.86}
    figures = dict.fromkeys(("right", "automatic", "automatic_right"), share)
    flip = {"ticket": ticket.pk, "truth": "damaged-item", "before": "", "after": "where-is-it"}
    new.compared_with = old
    new.comparison = {
        "tickets": 40,
        "few": True,
        "shared": 2,
        "new": figures,
        "before": figures,
        "labels": [{"label": "damaged-item", "of": 9, "new": 7, "before": 5}],
        "flips": [{**flip, "kind": kind} for kind in ("worse", "better", "neither")],
        "flipped": 31,
    }
    new.report = {
        "accuracy": 0.93,
        "calibration_error": 0.012,
        "turned_away": 0.05,
        "examples": 2_104,
        "tickets": 120,
        "intents": 14,
        "thin": [{"label": "where-is-it", "examples": 2}],
        "overlaps": [
            {
                "one": "damaged-item",
                "other": "return-request",
                "confused": 14,
                "of": 100,
                "examples": ["it broke"],
            }
        ],
    }
    new.promise = {
        "coverage": 0.76,
        "sentence": "95 of 100 automatic labels are right.",
        "per_label": [{"label": "damaged-item", "sentence": "Too few to say: 9 of 9 right."}],
    }
    new.save()
    return new
