"""Mails that are not in English get labels from the same examples, by an encoder of languages."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from django.contrib.auth.models import User
from django.test import Client

from tests.benchmarks import languages
from tests.support import learning_shop
from tests.support.learning_shop import encoder
from triage.classifier.foreign_labeller import ForeignLabeller
from triage.classifier.intent_model import IntentModel
from triage.classifier.promised_model import PromisedModel
from triage.contract.case import Intent
from triage.contract.outcomes import LABELLED_LANGUAGES, Guess
from triage.contract.step import EngineInfo, EngineUnavailable
from triage.demo import trained_head
from triage.learning import versions
from triage.models import Classifier, ForeignClassifier
from triage.pipeline import registry

__all__ = ["encoder"]
SAME_QUESTION = {
    "en": "Where is my parcel? It should have been here last week.",
    "de": "Wo bleibt mein Paket? Es hätte letzte Woche da sein sollen.",
    "es": "¿Dónde está mi paquete? Tenía que haber llegado la semana pasada.",
    "pl": "Gdzie jest moja paczka? Miała przyjść w zeszłym tygodniu.",
    "tr": "Paketim nerede? Geçen hafta gelmiş olması gerekiyordu.",
}
OTHER_QUESTION = "Can I change the email address of my account?"


class DemoReader:
    """The demo's own part for other languages, as an engine of the step that labels."""

    card = EngineInfo(name="encoder", kind="focal")

    def __init__(self) -> None:
        model = IntentModel.loads(trained_head.FOREIGN_WEIGHTS.read_bytes())
        self.intents = tuple(Intent(slug=slug, name=slug) for slug in model.labels)
        self._labeller = ForeignLabeller(
            registry.load_multilingual_encoder(),
            PromisedModel(model, target=0.95, strangers=0.1),
            readers={},
            signals=registry.find_signal_model(registry.FOREIGN_SIGNALS),
        )

    def label(self, text: str, intents: tuple[Intent, ...], language: str = "") -> Guess:
        return self._labeller.label(text, language)


def test_the_same_question_lies_beside_itself_in_another_language() -> None:
    reader = registry.load_multilingual_encoder()
    vectors = reader.embed([*SAME_QUESTION.values(), OTHER_QUESTION])
    assert vectors.shape == (6, 512)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    english, *others, another = vectors
    assert all(english @ vector > english @ another + 0.2 for vector in others)


def test_a_text_has_the_same_vector_alone_and_in_company() -> None:
    reader, texts = registry.load_multilingual_encoder(), list(SAME_QUESTION.values())
    alone = np.concatenate([reader.embed([text]) for text in texts])
    assert np.allclose(alone, reader.embed(texts), atol=1e-4)


def test_mails_in_many_languages_get_labels_and_none_is_called_spam() -> None:
    engine, rows = DemoReader(), languages.load_tickets("seen")
    read = [languages.read_ticket(row, engine, engine.intents) for row in rows]
    given = [one for one in read if one.given]
    assert len(given) >= 0.4 * len(read)
    assert sum(one.right for one in given) >= 0.93 * len(given)
    assert not any(one.unwanted for one in read)


def test_only_languages_that_were_measured_get_labels() -> None:
    assert {row["language"] for row in languages.load_tickets("seen")} == LABELLED_LANGUAGES


# --- versions ------------------------------------------------------------------------------


@pytest.fixture
def version(db: None, encoder: object, ada: User) -> Classifier:
    learning_shop.taxonomy()
    made = versions.train_version(by=ada)
    versions.activate_version(made, by=ada, why="the first")
    return made


def test_german_is_read_by_the_versions_part_for_it_and_the_receipt_can_name_it(
    version: Classifier,
) -> None:
    engine: Any = registry.load_engine("encoder")
    german = engine.label("Wo ist meine Lampe?", (), "de")
    assert german.label == "where-is-it"
    assert german.promise["language"] == "de"
    part = version.foreign
    assert german.promise["sha256"] == part.sha256 != version.sha256
    assert german.readers == {
        "multilingual": registry.get_multilingual_sha256(),
        "labels of other languages": part.sha256,
    }
    assert not engine.label("where is my lamp", (), "en").readers


def test_a_checked_ticket_in_german_is_evidence_of_the_part_that_reads_german(
    version: Classifier, ada: User, ana: User
) -> None:
    german = "Ich möchte bitte mein Geld für die Lampe zurück, sie ist kaputt."
    learning_shop.labelled(german, "money-back", ana, audited=True)
    learning_shop.labelled("refund the kettle please, it broke", "money-back", ana, audited=True)
    made = versions.train_version(by=ada)
    english = IntentModel.loads(bytes(made.weights))
    other = IntentModel.loads(bytes(made.foreign.weights))
    assert len(english.examples) == len(other.examples)  # both teach both
    assert len(english.evidence) == len(other.evidence) - 1
    assert (english.evidence.audited.sum(), other.evidence.audited.sum()) == (1, 1)


def test_versions_are_compared_on_each_ticket_in_its_language(version: Classifier) -> None:
    engine: Any = registry.load_engine("encoder")
    english, german = engine.label_texts(["where is my lamp", "Wo ist meine Lampe?"], ["en", "de"])
    assert (english.label, german.label) == ("where-is-it", "where-is-it")
    assert german.promise["language"] == "de"
    assert "language" not in english.promise


def test_a_version_of_an_earlier_release_has_no_part_for_other_languages(
    version: Classifier,
) -> None:
    ForeignClassifier.objects.all().delete()
    registry._build_labeller.cache_clear()
    engine: Any = registry.load_engine("encoder")
    guess = engine.label("Wo ist meine Lampe?", (), "de")
    assert "language" not in guess.promise
    assert version.get_foreign_promise() == {}


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"weights": b"changed"}, "are not those that were kept"),
        ({"encoder_sha256": "0" * 64}, "trained on another encoder"),
    ],
)
def test_a_part_that_does_not_belong_here_labels_nothing_and_english_goes_on(
    version: Classifier, changed: dict[str, object], said: str
) -> None:
    ForeignClassifier.objects.update(**changed)
    registry._build_labeller.cache_clear()
    engine: Any = registry.load_engine("encoder")
    with pytest.raises(EngineUnavailable, match=said):
        engine.label("Wo ist meine Lampe?", (), "de")
    assert engine.label("where is my lamp", ()).label == "where-is-it"  # English goes on


def test_ada_reads_what_is_promised_in_other_languages(version: Classifier, as_ada: Client) -> None:
    page = " ".join(as_ada.get(f"/machine/learning/{version.pk}/").content.decode().split())
    assert "In twelve other languages" in page
    assert version.get_foreign_promise()["sentence"] in page
