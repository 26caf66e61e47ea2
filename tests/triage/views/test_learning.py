"""Ada's pages about learning: what is at work, training, comparing, putting to work, going back."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from tests.support import learning_shop
from tests.support.learning_shop import encoder, labelled
from triage.learning import versions
from triage.models import Activation, Alarm, Classifier, Intent, Job, Limit
from triage.pipeline import jobs

__all__ = ["encoder"]
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("encoder")]
HOME = "/machine/learning/"


@pytest.fixture(autouse=True)
def shop() -> None:
    learning_shop.taxonomy()


@pytest.fixture
def first(ada: User) -> Classifier:
    made = versions.train_version(by=ada)
    versions.activate_version(made, by=ada, why="the first")
    return made


def text(client: Client, path: str = HOME) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def test_ada_sees_who_put_what_to_work_and_why(as_ada: Client, first: Classifier) -> None:
    shown = text(as_ada)
    assert f"Version {first.pk}" in shown
    assert "by ada: “the first”" in shown
    assert first.promise["sentence"] in shown


def test_before_the_first_version_the_page_says_what_labels(as_ada: Client) -> None:
    assert "No version is at work" in text(as_ada)


def test_ada_has_a_version_trained_and_sees_it_happen(as_ada: Client, first: Classifier) -> None:
    assert "waiting for a worker" in as_ada.post(f"{HOME}train/", follow=True).content.decode()
    job = Job.objects.get()
    assert job.requested_by is not None
    assert jobs.execute_job(job.pk)
    done = as_ada.get(f"{HOME}progress/?rev={job.pk}.queued.0").content.decode()
    made = Classifier.objects.latest("pk")
    assert f"{HOME}{made.pk}/" in done
    assert "hx-trigger" not in done


def test_a_training_that_is_old_news_is_not_told_again(
    as_ada: Client, first: Classifier, ada: User
) -> None:
    job = jobs.request_job("train", by=ada, anyway=True)
    jobs.execute_job(job.pk)
    assert "Look at version" in text(as_ada)
    versions.train_version(by=ada)
    assert "Look at version" not in text(as_ada)


def test_beside_a_version_that_no_longer_works_nothing_is_said_to_be_the_same(
    as_ada: Client, first: Classifier, ada: User, ana: User
) -> None:
    labelled("refund my old voucher", "money-back", ana, held=True)
    Classifier.objects.filter(pk=first.pk).update(weights=b"old")
    learning_shop.forget()
    made = versions.train_version(by=ada)
    shown = text(as_ada, f"{HOME}{made.pk}/")
    assert "cannot be used here" in shown
    assert "gets another label" not in shown


def test_nothing_new_is_answered_204(as_ada: Client) -> None:
    as_ada.post(f"{HOME}train/")
    rev = as_ada.get(HOME).context["rev"]
    assert as_ada.get(f"{HOME}progress/?rev={rev}").status_code == 204


def test_two_presses_train_once(as_ada: Client) -> None:
    as_ada.post(f"{HOME}train/")
    as_ada.post(f"{HOME}train/")
    assert Job.objects.count() == 1


def test_a_training_that_failed_says_why(as_ada: Client) -> None:
    Intent.objects.update(active=False)
    as_ada.post(f"{HOME}train/")
    jobs.execute_job(Job.objects.get().pk)
    assert "Give at least two intents" in text(as_ada)


def test_a_version_shows_its_comparison(as_ada: Client, first: Classifier, ana: User) -> None:
    ticket = labelled("refund my old voucher", "money-back", ana, held=True)
    made = versions.train_version()
    made.comparison |= {
        "flipped": 31,
        "flips": [
            {
                "ticket": ticket.pk,
                "truth": "money-back",
                "before": "where-is-it",
                "after": "money-back",
                "kind": "better",
            }
        ],
    }
    made.save()
    shown = text(as_ada, f"{HOME}{made.pk}/")
    assert f"Beside version {first.pk}" in shown
    assert "1 tickets are few" in shown or "1 ticket" in shown
    assert f'href="/tickets/{ticket.pk}/"' in shown
    assert "Tickets that change: 31, here 1 of them" in shown
    assert "Better" in shown


def test_overlapping_intents_are_pointed_out(as_ada: Client, first: Classifier) -> None:
    first.report["overlaps"] = [
        {"one": "money-back", "other": "where-is-it", "confused": 14, "of": 100, "examples": []}
    ]
    first.save()
    assert "Money back and Where is it are confused in 14 of 100 texts" in text(
        as_ada, f"{HOME}{first.pk}/"
    )


def test_an_intent_with_few_examples_is_named(as_ada: Client, ada: User) -> None:
    Intent.objects.create(slug="gift", name="Gift wrap").examples.create(text="wrap it")
    made = versions.train_version(by=ada)
    assert "Gift wrap (1)" in text(as_ada, f"{HOME}{made.pk}/")


def test_ada_puts_a_version_to_work_with_a_reason(
    as_ada: Client, first: Classifier, ada: User
) -> None:
    made = versions.train_version(by=ada)
    answer = as_ada.post(f"{HOME}{made.pk}/activate/", {"why": "knows vouchers"}, follow=True)
    assert f"Version {made.pk} labels tickets from now on" in answer.content.decode()
    assert versions.get_active_version() == made
    assert Activation.objects.first().by == ada  # type: ignore[union-attr]


def test_without_a_reason_it_stays_as_it_is(as_ada: Client, first: Classifier) -> None:
    made = versions.train_version()
    answer = as_ada.post(f"{HOME}{made.pk}/activate/", {"why": ""})
    assert answer.status_code == 422
    assert versions.get_active_version() == first


def test_what_cannot_be_put_to_work_says_why(as_ada: Client, first: Classifier) -> None:
    answer = as_ada.post(f"{HOME}{first.pk}/activate/", {"why": "again"})
    assert answer.status_code == 422
    assert "at work already" in answer.content.decode()


def test_ada_goes_back_in_one_action(as_ada: Client, first: Classifier, ada: User) -> None:
    versions.activate_version(versions.train_version(), by=ada, why="better")
    assert f"Go back to version {first.pk}" in text(as_ada)
    answer = as_ada.post(f"{HOME}back/", {"why": "worse"}, follow=True)
    assert f"Version {first.pk} is at work again" in answer.content.decode()
    assert versions.get_active_version() == first


def test_where_nothing_was_before_there_is_no_way_back(as_ada: Client, first: Classifier) -> None:
    assert "Go back" not in text(as_ada)
    answer = as_ada.post(f"{HOME}back/", {"why": "worse"})
    assert answer.status_code == 422
    assert versions.get_active_version() == first


def test_an_open_alarm_is_shown(as_ada: Client, first: Classifier) -> None:
    Alarm.objects.create(classifier=first, because="9 of the last 40 labels were wrong.")
    assert "9 of the last 40 labels were wrong. All labels are given by people" in text(as_ada)


def test_the_admins_panel_leads_to_the_page(as_ada: Client, first: Classifier) -> None:
    assert f'href="{HOME}{first.pk}/"' in text(as_ada, "/admin/triage/classifier/")


def test_only_admins_see_the_way_there(as_ada: Client, ana: User) -> None:
    assert f'href="{HOME}"' in text(as_ada, "/")
    as_ada.force_login(ana)
    assert f'href="{HOME}"' not in text(as_ada, "/")


@pytest.mark.parametrize("who", ["ana", "sol", "nobody"])
def test_nobody_else_may_look_or_change(
    client: Client, request: Any, who: str, first: Classifier
) -> None:
    made = versions.train_version()
    client.force_login(request.getfixturevalue(who))
    for path in ("", "progress/", f"{made.pk}/"):
        assert client.get(HOME + path).status_code == 403
    for path in ("train/", "back/", f"{made.pk}/activate/"):
        assert client.post(HOME + path, {"why": "because"}).status_code == 403
    assert (versions.get_active_version(), Job.objects.count()) == (first, 0)


def test_a_version_that_is_not_there_is_404(as_ada: Client) -> None:
    assert as_ada.get(f"{HOME}99999/").status_code == 404


def test_another_share_of_strangers_is_said_beside_the_promise_of_before(
    as_ada: Client, first: Classifier
) -> None:
    assert "taken to be none of yours" not in text(as_ada)
    Limit.objects.create(step="classify", name="strangers", value=0.5)
    assert "Since then 50.0 % of all messages are taken to be none of yours" in text(as_ada)
