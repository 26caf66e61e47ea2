"""Versions are made by training, put to work by a person and taken back in one act."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from io import StringIO
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction

from tests.conftest import join
from tests.support import learning_shop
from tests.support.learning_shop import WordEncoder, encoder, labelled
from triage import tasks
from triage.learning import versions
from triage.models import Activation, Classifier, Embedding, Intent, Job
from triage.pipeline import jobs, registry
from triage.pipeline.configuration import load_configuration

__all__ = ["encoder"]
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("encoder")]


@pytest.fixture(autouse=True)
def shop() -> None:
    learning_shop.taxonomy()


def at_work(by: User) -> Classifier:
    made = versions.train_version(by=by)
    versions.activate_version(made, by=by, why="it is needed")
    return made


def label(text: str) -> str:
    engine: Any = registry.load_engine("encoder")
    return str(engine.label(text, ()).label)


# --- training ------------------------------------------------------------------------


def test_a_new_version_is_a_candidate_and_labels_nothing(ada: User) -> None:
    made = versions.train_version(by=ada)
    assert (made.active, made.created_by) == (False, ada)
    assert made.labels == ["money-back", "where-is-it"]
    suggests: Any = registry.load_engine("encoder")
    intents = load_configuration().intents
    assert not suggests.label("Money back", intents).promise["valid"]


def test_a_correction_is_learned_at_the_next_training(ada: User, ana: User) -> None:
    at_work(ada)
    for thing in learning_shop.THINGS:
        labelled(f"my voucher for the {thing} fails", "money-back", ana)
    learned_from = versions.train_version(by=ada)
    assert learned_from.report["tickets"] == 8
    versions.activate_version(learned_from, by=ada, why="vouchers")
    assert label("this voucher fails") == "money-back"


def test_an_intent_with_few_examples_is_learned_and_named(ada: User) -> None:
    Intent.objects.create(slug="gift", name="Gift").examples.create(text="wrap it")
    made = versions.train_version(by=ada)
    assert made.report["thin"] == [{"label": "gift", "examples": 1}]
    assert "gift" in made.labels


def test_with_one_intent_there_is_nothing_to_learn(ada: User) -> None:
    Intent.objects.filter(slug="money-back").update(active=False)
    with pytest.raises(versions.NotTrained, match="at least two intents"):
        versions.train_version(by=ada)
    assert not Classifier.objects.exists()


def test_only_new_texts_are_embedded(ada: User, ana: User, encoder: WordEncoder) -> None:
    versions.train_version(by=ada)
    encoder.asked.clear()
    labelled("my voucher fails", "money-back", ana)
    versions.train_version(by=ada)
    assert encoder.asked == ["my voucher fails"]


def test_vectors_of_another_runtime_are_made_anew(encoder: WordEncoder) -> None:
    first = registry.embed_texts(["a kettle", "a lamp", "a kettle"])
    assert Embedding.objects.count() == 2
    encoder.runtime = "words 2"
    again = registry.embed_texts(["a kettle"])
    assert Embedding.objects.count() == 3
    assert (again[0] == first[0]).all()
    assert (first[0] == first[2]).all()


# --- comparing -------------------------------------------------------------------------


def test_a_new_version_is_compared_with_the_one_at_work(ada: User, ana: User) -> None:
    first = at_work(ada)
    labelled("refund my old voucher", "money-back", ana, held=True)
    made = versions.train_version(by=ada)
    assert made.compared_with == first
    assert (made.comparison["tickets"], made.comparison["before"]["right"]["of"]) == (1, 1)


def test_the_first_version_is_compared_with_nothing(ada: User, ana: User) -> None:
    labelled("refund my old voucher", "money-back", ana, held=True)
    compared = versions.train_version(by=ada).comparison
    assert (compared["tickets"], compared["before"]) == (1, None)
    assert (compared["flips"], compared["flipped"]) == ([], 0)


def test_without_labelled_tickets_the_comparison_says_so(ada: User) -> None:
    assert versions.train_version(by=ada).comparison["tickets"] == 0


# --- at work ------------------------------------------------------------------------------


def test_who_put_a_version_to_work_and_why_is_kept_for_ever(ada: User) -> None:
    first = at_work(ada)
    second = versions.train_version(by=ada)
    versions.activate_version(second, by=ada, why="it knows vouchers")
    last = Activation.objects.first()
    assert last is not None
    assert (last.classifier, last.instead_of, last.by, last.why) == (
        second,
        first,
        ada,
        "it knows vouchers",
    )
    assert versions.get_active_version() == second
    with pytest.raises(DatabaseError), transaction.atomic():
        last.delete()


@pytest.mark.parametrize("why", ["", "   "])
def test_without_a_reason_nothing_is_put_to_work(ada: User, why: str) -> None:
    with pytest.raises(versions.NotActivated, match="Say why"):
        versions.activate_version(versions.train_version(by=ada), by=ada, why=why)
    assert versions.get_active_version() is None


def test_a_version_of_another_encoder_is_not_put_to_work(ada: User) -> None:
    first = at_work(ada)
    other = versions.train_version(by=ada)
    Classifier.objects.filter(pk=other.pk).update(encoder_sha256="0" * 64)
    other.refresh_from_db()
    with pytest.raises(versions.NotActivated, match="another encoder"):
        versions.activate_version(other, by=ada, why="because")
    assert versions.get_active_version() == first


def test_a_version_of_another_release_is_not_put_to_work(ada: User) -> None:
    first = at_work(ada)
    other = versions.train_version(by=ada)
    other.report.pop("form")
    other.save()
    with pytest.raises(versions.NotActivated, match="another release"):
        versions.activate_version(other, by=ada, why="because")
    assert versions.get_active_version() == first


def test_a_page_knows_which_weights_can_be_read() -> None:
    from triage.classifier.intent_model import WEIGHTS_FORMAT

    assert versions.WEIGHTS_FORMAT == WEIGHTS_FORMAT


def test_what_is_at_work_is_not_put_to_work_again(ada: User) -> None:
    with pytest.raises(versions.NotActivated, match="at work already"):
        versions.activate_version(at_work(ada), by=ada, why="once more")


def test_going_back_twice_goes_back_two_versions(ada: User) -> None:
    first, second, third = at_work(ada), at_work(ada), at_work(ada)
    assert versions.get_active_version() == third
    versions.roll_back_version(by=ada, why="worse")
    assert versions.get_active_version() == second
    versions.roll_back_version(by=ada, why="still worse")
    assert versions.get_active_version() == first
    with pytest.raises(versions.NotActivated, match="No other version"):
        versions.roll_back_version(by=ada, why="and again")


def test_going_back_after_a_new_attempt_skips_what_was_left(ada: User) -> None:
    first = at_work(ada)
    at_work(ada)
    versions.roll_back_version(by=ada, why="worse")
    at_work(ada)
    versions.roll_back_version(by=ada, why="worse too")
    assert versions.get_active_version() == first


def test_workers_take_the_version_at_work_without_a_restart(ada: User) -> None:
    first = at_work(ada)
    assert registry.load_engine("encoder").card.settings["head_sha256"] == first.sha256
    Intent.objects.get(slug="money-back").examples.create(text="a voucher for the kettle")
    second = at_work(ada)
    assert registry.load_engine("encoder").card.settings["head_sha256"] == second.sha256
    versions.roll_back_version(by=ada, why="worse")
    assert registry.load_engine("encoder").card.settings["head_sha256"] == first.sha256


# --- by the clock ------------------------------------------------------------------------


def nightly() -> Job:
    tasks.nightly()
    job = Job.objects.filter(kind="train").latest("pk")
    assert jobs.execute_job(job.pk)
    job.refresh_from_db()
    return job


def test_at_night_nothing_is_trained_without_news(ada: User) -> None:
    at_work(ada)
    assert "Nobody corrected" in nightly().result["sentence"]
    assert Classifier.objects.count() == 1


def test_at_night_a_correction_makes_a_candidate_and_no_more(ada: User, ana: User) -> None:
    first = at_work(ada)
    labelled("my voucher fails", "money-back", ana)
    result = nightly().result
    made = Classifier.objects.get(pk=result["version"])
    assert (made.active, made.created_by, versions.get_active_version()) == (False, None, first)
    assert "Nobody corrected" in nightly().result["sentence"]


def test_what_ana_says_while_a_version_is_fitted_is_news_for_the_next(
    ada: User, ana: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_work(ada)
    fitted = versions.fit_version

    def meanwhile(*values: Any) -> Any:
        labelled("my voucher fails", "money-back", ana)
        return fitted(*values)

    monkeypatch.setattr(versions, "fit_version", meanwhile)
    versions.train_version(by=ada)
    monkeypatch.undo()
    assert "version" in nightly().result


def test_ada_can_have_one_trained_without_news(ada: User) -> None:
    at_work(ada)
    job = jobs.request_job("train", by=ada, anyway=True)
    assert jobs.execute_job(job.pk)
    assert Classifier.objects.count() == 2
    assert Classifier.objects.latest("pk").created_by == ada


def test_why_nothing_was_trained_reaches_ada(ada: User) -> None:
    Intent.objects.update(active=False)
    job = jobs.request_job("train", by=ada, anyway=True)
    assert not jobs.execute_job(job.pk)
    job.refresh_from_db()
    assert "at least two intents" in job.error


# --- at the command line ---------------------------------------------------------------------


def trained(*args: str) -> str:
    out = StringIO()
    call_command("train_classifier", *args, stdout=out)
    return out.getvalue()


def test_the_command_trains_a_candidate_and_says_where_to_look(ada: User) -> None:
    told = trained("--by", "ada")
    made = Classifier.objects.get()
    assert (made.active, made.created_by) == (False, ada)
    assert f"/machine/learning/{made.pk}/" in told
    assert "Trained on 56 texts" in told


def test_the_command_puts_to_work_in_somebodys_name_only(ada: User) -> None:
    with pytest.raises(CommandError, match="say who"):
        trained("--activate")
    with pytest.raises(CommandError, match="is no admin"):
        trained("--activate", "--by", "ana", "--why", "it is better")
    assert not Classifier.objects.exists()
    trained("--activate", "--by", "ada", "--why", "it is better")
    assert Activation.objects.get().why == "it is better"


def test_a_target_that_is_no_share_is_refused() -> None:
    with pytest.raises(CommandError, match="such as 0.95"):
        trained("--target", "95")


@pytest.mark.django_db(transaction=True)
def test_two_admins_at_once_leave_one_version_at_work() -> None:
    ada = join("ada")
    made = [Classifier.objects.create(**_usable(), labels=[]) for _ in range(6)]

    def put_to_work(version: Classifier) -> None:
        try:
            versions.activate_version(version, by=ada, why="at once")
        finally:
            connection.close()

    with ThreadPoolExecutor(len(made)) as pool:
        list(pool.map(put_to_work, made))
    history = list(Activation.objects.order_by("pk").values_list("classifier", "instead_of"))
    assert [before for _, before in history] == [None, *(pk for pk, _ in history[:-1])]
    assert Classifier.objects.get(active=True).pk == history[-1][0]


def _usable() -> dict[str, Any]:
    sha256 = registry.get_encoder_sha256()
    return {"weights": b"", "report": {"form": versions.WEIGHTS_FORMAT}, "encoder_sha256": sha256}
