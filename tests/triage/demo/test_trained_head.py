"""The demo opens with a classifier that was made by a command, and says where it does not fit."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User

from triage.classifier.intent_model import IntentModel
from triage.demo import load, trained_head
from triage.learning import versions
from triage.models import Classifier, ForeignClassifier, Intent

pytestmark = pytest.mark.django_db


@pytest.fixture
def copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of its files that may be spoiled."""
    for name in ("FACTS", "WEIGHTS", "FOREIGN_WEIGHTS"):
        file: Path = getattr(trained_head, name)
        (tmp_path / file.name).write_bytes(file.read_bytes())
        monkeypatch.setattr(trained_head, name, tmp_path / file.name)
    return tmp_path


def test_it_belongs_to_the_examples_and_the_encoder_and_is_taken_as_it_is(ada: User) -> None:
    assert trained_head.find_doubt() == ""
    made = trained_head.create_version(by=ada)
    model = IntentModel.loads(bytes(Classifier.objects.get(pk=made.pk).weights))
    load.create_taxonomy()
    slugs = set(Intent.objects.values_list("slug", flat=True))
    assert set(model.labels) == set(made.labels) == slugs
    assert versions.activate_version(made, by=ada, why="The first.").classifier == made


def spoil_weights(folder: Path) -> None:
    file = folder / trained_head.WEIGHTS.name
    *kept, last = file.read_bytes()
    file.write_bytes(bytes([*kept, last ^ 1]))


def change_fact(folder: Path, name: str) -> None:
    file = folder / trained_head.FACTS.name
    file.write_text(json.dumps({**json.loads(file.read_text()), name: "0" * 64}))


@pytest.mark.parametrize(
    ("spoil", "doubt"),
    [
        (spoil_weights, "its weights are not those that were kept"),
        (lambda folder: change_fact(folder, "made_of"), "the examples were changed"),
        (lambda folder: change_fact(folder, "encoder_sha256"), "made for another encoder"),
        (lambda folder: (folder / trained_head.FACTS.name).unlink(), "cannot be read"),
    ],
)
def test_what_does_not_belong_here_is_said_and_trained_anew(
    copy: Path,
    ada: User,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    spoil: Any,
    doubt: str,
) -> None:
    spoil(copy)
    trained = Classifier(pk=7)
    monkeypatch.setattr(versions, "train_version", lambda by: trained)
    assert trained_head.create_version(by=ada) is trained
    assert doubt in caplog.text


def test_what_is_trained_is_kept_and_is_taken_the_next_time(
    copy: Path, ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    facts = json.loads(trained_head.FACTS.read_text())
    columns = {name: facts[name] for name in trained_head.COLUMNS}
    row = Classifier(weights=trained_head.WEIGHTS.read_bytes(), **columns)
    foreign = trained_head.FOREIGN_WEIGHTS.read_bytes()
    row.foreign = ForeignClassifier(weights=foreign, **facts["foreign"])
    monkeypatch.setattr(versions, "train_version", lambda by: row)
    (copy / trained_head.FACTS.name).unlink()
    trained_head.train_and_keep(by=ada)
    assert json.loads(trained_head.FACTS.read_text()) == facts
    assert trained_head.find_doubt() == ""
