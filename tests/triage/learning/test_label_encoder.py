"""A version with an encoder tuned on the shop's texts: what it may see, where it is named."""

from __future__ import annotations

import random
from collections.abc import Sequence
from io import StringIO
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db.models import ProtectedError
from django.test import Client

from tests.support import learning_shop, shop_rows
from tests.support.learning_shop import WordEncoder, encoder, labelled
from tickets.models import Receipt, Ticket
from tickets.queue import run_queue
from triage.classifier.fitting import fit_model
from triage.classifier.selective import compute_guarantee
from triage.contract.step import EngineInfo, EngineUnavailable
from triage.inference import label_tuning
from triage.inference.encoder import Encoder
from triage.inference.label_tuning import choose_tuning_digests, digest_text, flag_unseen_texts
from triage.inference.tuned_weights import TunedWeights
from triage.learning import examples, versions
from triage.models import Classifier, Embedding, Intent, IntentEncoder, Limit, TunedEncoder
from triage.pipeline import registry, worker
from triage.pipeline.configuration import load_configuration
from triage.signals.encoded_text import EncodedText

__all__ = ["encoder"]
pytestmark = pytest.mark.django_db
TUNED = b"what tuning changed"
SHA256 = "5d9a6b0f7c1e"


class TunedWords(WordEncoder):
    """Words under other numbers, as if tuned."""

    tuned_sha256 = SHA256

    def embed(self, texts: Sequence[str], *, progress: bool = False) -> Any:
        return -super().embed(texts)

    def build_engine_info(self, name: str, **settings: Any) -> EngineInfo:
        return super().build_engine_info(name, tuned_sha256=self.tuned_sha256, **settings)


@pytest.fixture
def tuned(encoder: WordEncoder, monkeypatch: pytest.MonkeyPatch) -> list[Sequence[str]]:
    """The texts of each tuning; nothing is really tuned."""
    told: list[Sequence[str]] = []

    def tune(
        plain: Any, texts: Sequence[str], labels: Sequence[str], **wanted: Any
    ) -> TunedWeights:
        told.append(texts)
        report = {"texts": len(texts), "epochs": wanted["epochs"]}
        base = registry.get_encoder_sha256()
        return TunedWeights(weights=TUNED, sha256=SHA256, base_sha256=base, report=report)

    monkeypatch.setattr(label_tuning, "tune_labels", tune)
    monkeypatch.setattr(registry, "load_tuned_encoder", lambda row: TunedWords())
    learning_shop.taxonomy()
    return told


def train(*args: str) -> Classifier:
    call_command("train_classifier", *args, stdout=StringIO())
    return Classifier.objects.latest("pk")


def at_work(by: User, *args: str) -> Classifier:
    train(*args, "--activate", "--by", by.username, "--why", "it reads better")
    return Classifier.objects.get(active=True)


def evidence(version: Classifier) -> Any:
    return registry._load_intent_model(version.pk)[1].evidence


def read(text: str) -> Receipt:
    """The receipt of a ticket's label, as a worker leaves it."""
    ticket: Ticket = shop_rows.ticket(text, subject="")
    assert worker.execute_run(run_queue.enqueue_run(ticket, reason="arrived", call=False).pk)
    return Receipt.objects.filter(ticket=ticket, step="classify").latest("seq")


def test_a_ticket_is_read_by_the_tuned_encoder_and_after_the_way_back_by_the_plain_one(
    ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def absent(entry: Any) -> Any:
        raise EngineUnavailable("not needed here")

    monkeypatch.setattr(registry, "_load_writer", absent)
    monkeypatch.setattr("tickets.queue.run_queue.wake_worker", lambda run: None)
    learning_shop.forget()
    learning_shop.taxonomy()
    Limit.objects.create(step="classify", name="target", value=0.6)  # so few texts prove no more
    asked = "where is my rug"
    plain = at_work(ada)
    before = read(asked)
    made = at_work(ada, "--tune-encoder", "1")
    after = read(asked)
    assert made.encoder is not None
    assert (plain.encoder, made.encoder.report["texts"]) == (None, 24)
    assert after.runtime["tuned_sha256"] == made.encoder.sha256
    assert after.promise["tuned_sha256"] == made.encoder.sha256
    assert after.weights_sha256 == made.sha256
    assert after.output["urgency_confidence"] == before.output["urgency_confidence"]
    versions.roll_back_version(by=ada, why="once more as it was")
    back = read(asked)
    assert "tuned_sha256" not in {**back.runtime, **back.promise}
    assert (back.weights_sha256, back.label) == (plain.sha256, before.label)
    assert back.label == "where-is-it"


def test_evidence_that_the_encoder_has_seen_would_promise_what_cannot_be_kept() -> None:
    """Labels drawn by lot: nobody can be right about a new text more often than by chance."""
    lot, plain = random.Random(5), registry.load_encoder()
    colours = ("red", "blue", "green", "white", "pink", "grey", "brown", "black", "gold", "plum")
    texts = [
        f"the {colour} {thing} is here" for colour in colours for thing in learning_shop.THINGS
    ]
    labels = [lot.choice(("north", "south")) for _ in texts]
    seen = choose_tuning_digests(texts, labels)
    taught = [i for i, new in enumerate(flag_unseen_texts(texts, seen)) if not new]
    made = label_tuning.tune_labels(
        plain, [texts[i] for i in taught], [labels[i] for i in taught], epochs=20
    )
    vectors = Encoder(plain.entry, tuned=made.weights).embed(texts)
    naive = fit_model(texts, vectors, labels).evidence
    honest = fit_model(texts, vectors, labels, unseen=flag_unseen_texts(texts, seen)).evidence
    was_seen = [not new for new in flag_unseen_texts(texts, seen)]
    assert naive.is_right[was_seen].mean() > 0.85
    assert honest.is_right.mean() < 0.65
    assert len(honest) == len(texts) - len(taught)
    assert not compute_guarantee(honest, 0.75).valid


def test_half_of_each_labels_texts_are_shown_and_always_the_same() -> None:
    texts, labels = [f"text {i}" for i in range(21)], [*"ab" * 8, "c", "c", "c", "d", ""]
    seen = choose_tuning_digests(texts, labels)
    count = dict.fromkeys(["a", "b", "c", "d", ""], 0)
    for text, label in zip(texts, labels, strict=True):
        count[label] += digest_text(text) in seen
    assert count == {"a": 4, "b": 4, "c": 2, "d": 0, "": 0}
    assert choose_tuning_digests(texts[::-1], labels[::-1]) == seen
    kept = [text for text in texts if digest_text(text) in seen][:2]
    assert not {digest_text(text) for text in kept} & choose_tuning_digests(texts, labels, kept)


def test_the_same_words_are_never_on_both_sides() -> None:
    texts = ["Where is it", "where  is it ", "refund", "money back", "send it", "pay me"]
    labels = ["a", "b", "b", "b", "a", "a"]
    new = flag_unseen_texts(texts, choose_tuning_digests(texts, labels))
    assert new[0] == new[1]


def test_neither_drawn_nor_held_back_tickets_are_shown(
    ada: User, ana: User, tuned: list[Sequence[str]]
) -> None:
    for thing in learning_shop.THINGS:
        labelled(f"drawn by lot {thing}", "money-back", ana, audited=True)
        labelled(f"held back {thing}", "money-back", ana, held=True)
        labelled(f"by the way {thing}", "money-back", ana)
    made = train("--tune-encoder", "2")
    told = {text.split(" ", 2)[0] for text in tuned[0]}
    assert "by" in told
    assert not told & {"drawn", "held"}
    assert evidence(made).audited.sum() == len(learning_shop.THINGS)


def test_the_promise_rests_on_texts_that_the_encoder_was_not_shown(
    tuned: list[Sequence[str]],
) -> None:
    made = train("--tune-encoder", "2")
    assert len(tuned[0]) == 24
    assert len(evidence(made)) == 56 - 24
    assert made.promise["examples"] == 56 - 24
    assert made.report["examples"] == 56
    assert made.report["tuned"] == {"texts": 24, "epochs": 2, "sha256": SHA256, "unseen": 32}


def test_what_was_shown_is_no_evidence_later_either(
    ada: User, ana: User, tuned: list[Sequence[str]]
) -> None:
    at_work(ada, "--tune-encoder", "2")
    labelled(tuned[0][0].upper(), "where-is-it", ana)
    labelled("my voucher fails", "money-back", ana)
    again = train()
    assert (len(tuned), again.report["examples"]) == (1, 58)
    assert len(evidence(again)) == 32 + 1


def test_the_next_version_keeps_the_encoder_until_ada_wants_another(
    ada: User, tuned: list[Sequence[str]]
) -> None:
    first = at_work(ada, "--tune-encoder", "2")
    assert train().encoder == first.encoder
    assert IntentEncoder.objects.count() == 1
    assert train("--tune-encoder", "0").encoder is None
    assert train("--tune-encoder", "1").encoder not in (None, first.encoder)


def test_each_version_is_asked_with_vectors_of_its_own(
    ada: User, ana: User, tuned: list[Sequence[str]], encoder: WordEncoder
) -> None:
    plain = at_work(ada)
    made = at_work(ada, "--tune-encoder", "2")
    asked = [
        registry.load_labeller(version.pk).encoder  # type: ignore[attr-defined]
        for version in (plain, made)
    ]
    assert asked[0] is encoder
    assert isinstance(asked[1], TunedWords)
    labelled("refund my old voucher", "money-back", ana, held=True)
    for reader in asked:
        reader.asked.clear()
    assert train("--tune-encoder", "0").compared_with == made
    assert [reader.asked[-1] for reader in asked] == ["refund my old voucher"] * 2


def test_signals_go_on_reading_plain_vectors(tuned: list[Sequence[str]], ada: User) -> None:
    at_work(ada, "--tune-encoder", "2")
    engine: Any = registry.load_engine("encoder")
    read: list[Any] = []

    class Listener:
        def read_signals(self, said: EncodedText) -> None:
            read.append((said.vector, said.encoder.embed([said.text])[0]))

    engine.signals = Listener()
    engine.label("where is my kettle", ())
    plain = registry.load_encoder().embed(["where is my kettle"])[0]
    assert (read[0][0] == plain).all()
    assert (read[0][1] == plain).all()


def test_vectors_of_the_tuned_encoder_are_kept_apart(tuned: list[Sequence[str]]) -> None:
    train()
    train("--tune-encoder", "2")
    kept = Embedding.objects.filter(text_sha256=Embedding.objects.earliest("pk").text_sha256)
    assert sorted(row.encoder.split()[0] for row in kept) == sorted(
        [SHA256, registry.get_encoder_sha256()]
    )


def test_clauses_are_never_searched_with_it(tuned: list[Sequence[str]]) -> None:
    train("--tune-encoder", "2")
    assert not TunedEncoder.objects.exists()
    assert load_configuration().tuned_encoder == 0


def test_an_encoder_that_a_version_reads_with_cannot_be_deleted(
    tuned: list[Sequence[str]],
) -> None:
    made = train("--tune-encoder", "2")
    with pytest.raises(ProtectedError):
        IntentEncoder.objects.get(versions=made).delete()


@pytest.mark.usefixtures("encoder")
def test_weights_that_are_not_those_that_were_kept_serve_nobody() -> None:
    row = IntentEncoder.objects.create(
        weights=b"x", sha256="0" * 64, base_sha256=registry.get_encoder_sha256(), seen=[]
    )
    with pytest.raises(EngineUnavailable, match="not those that were kept"):
        registry.load_version_encoder(row.pk)


def test_ada_sees_which_versions_encoder_is_tuned(
    as_ada: Client, ada: User, ana: User, tuned: list[Sequence[str]]
) -> None:
    at_work(ada)
    labelled("refund my old voucher", "money-back", ana, held=True)
    made = at_work(ada, "--tune-encoder", "2")
    page = as_ada.get(f"/machine/learning/{made.pk}/").content.decode()
    assert "encoder tuned on 24 texts" in page
    assert "rests on 32 others" in page
    assert SHA256 in page
    listed = as_ada.get("/machine/learning/").content.decode()
    assert "right on 32 examples, encoder tuned on 24 others" in listed


def test_the_command_says_what_was_measured_on_what(tuned: list[Sequence[str]]) -> None:
    out = StringIO()
    call_command("train_classifier", "--tune-encoder", "2", stdout=out)
    assert "tuned on 24 of the texts (5d9a6b0f7c1e)" in out.getvalue()
    assert "32 others, which it was not shown" in out.getvalue()


def test_epochs_that_are_none_are_refused(tuned: list[Sequence[str]]) -> None:
    with pytest.raises(CommandError, match="or 0 for none"):
        train("--tune-encoder", "-1")


@pytest.mark.usefixtures("encoder")
def test_too_few_texts_to_tune_on_are_said_and_nothing_is_kept() -> None:
    for slug in ("gift", "return"):
        for number in range(2):
            Intent.objects.get_or_create(slug=slug)[0].examples.create(text=f"{slug} {number}")
    with pytest.raises(CommandError, match="two labels"):
        train("--tune-encoder", "2")
    assert not IntentEncoder.objects.exists()
    assert examples.load_examples().training
