"""Ada tries out a wording before anybody is told it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.support import ticket_stories
from tests.support.policy_wordings import NEW, search_by_words
from tickets.models import Receipt, Ticket
from triage.contract.step import EngineUnavailable
from triage.models import Job, Policy, PolicyVersion
from triage.pipeline import jobs
from triage.policy_review import simulation


@pytest.fixture(autouse=True)
def by_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(simulation, "search_over", search_by_words)


@pytest.fixture
def tickets(db: None) -> tuple[Ticket, Ticket]:
    """One that the new wording is about, and one that the wording in force is about."""
    ticket_stories.policy()
    lamp = ticket_stories.ticket(
        None, subject="Lamp", text="The shade is cracked, it was replaced once"
    )
    item = ticket_stories.ticket(None, subject="Item", text="It came damaged after its delivery")
    return lamp, item


def ask(client: Client, **values: str) -> Any:
    data = {"markdown": NEW, "version": "", "tickets": "1000", **values}
    return client.post(reverse("triage:what_if"), data)


def answered(client: Client, **values: str) -> tuple[Job, str]:
    """The job after a worker did it, and its page."""
    response = ask(client, **values)
    job = Job.objects.get()
    assert response.url == reverse("triage:what_if_answer", args=[job.pk])
    jobs.execute_job(job.pk)
    job.refresh_from_db()
    return job, client.get(response.url).content.decode()


def test_ada_sees_which_tickets_would_cite_it(
    as_ada: Client, tickets: tuple[Ticket, Ticket]
) -> None:
    lamp, item = tickets
    job, shown = answered(as_ada)
    assert job.state == "done", job.error
    rows = {
        kind: [(r["ticket"], r["ref"], r["before"], r["after"]) for r in job.result[kind]]
        for kind in ("newly", "no_longer")
    }
    assert rows["newly"] == [(lamp.pk, "damaged.lamps", None, 1)]
    assert rows["no_longer"] == [(item.pk, "damaged.refund", 1, None)]
    assert (job.result["tickets"], job.result["unchanged"], job.result["citing"]) == (2, 0, 1)
    assert "Would newly be cited: 1" in shown
    assert lamp.get_absolute_url() in shown


def test_nothing_is_stored_but_the_answer(as_ada: Client, tickets: Any) -> None:
    before = list(PolicyVersion.objects.values())
    answered(as_ada)
    assert list(PolicyVersion.objects.values()) == before
    assert not Receipt.objects.exists()


def test_the_same_wording_changes_nothing(as_ada: Client, tickets: Any) -> None:
    same = NEW.replace("Lamps {#lamps}", "Money back {#refund}").replace(
        "A lamp that arrives with a cracked shade is replaced within 3 days.",
        "Tell us within 30 days of delivery and we refund a damaged item in full.",
    )
    job, shown = answered(as_ada, markdown=same)
    assert (job.result["unchanged"], job.result["counts"]) == (
        2,
        {"newly": 0, "no_longer": 0, "other_rank": 0},
    )
    assert "2 of the last 2 tickets stay as they are" in shown


def test_ada_begins_with_the_wording_in_force(as_ada: Client, tickets: Any) -> None:
    version = PolicyVersion.objects.order_by("number")[1]
    assert f"{reverse('triage:what_if')}?of={version.pk}" in (
        as_ada.get(reverse("triage:policies")).content.decode()
    )
    form = as_ada.get(reverse("triage:what_if"), {"of": version.pk}).context["form"]
    begun = simulation.read_version(form["markdown"].value())
    rows = version.clauses.order_by("position")
    assert [f"{begun.id}.{c.anchor}" for c in begun.clauses] == [row.ref for row in rows]
    assert [(c.heading, c.text) for c in begun.clauses] == [(r.heading, r.text) for r in rows]


def test_a_wording_that_is_not_there_leaves_the_page_empty(as_ada: Client, tickets: Any) -> None:
    for number in ("0", "x", "9" * 30):
        form = as_ada.get(reverse("triage:what_if"), {"of": number}).context["form"]
        assert not form["markdown"].value()


def test_a_version_that_has_not_begun_can_be_chosen(as_ada: Client, tickets: Any) -> None:
    version = PolicyVersion.objects.get(number=2)
    PolicyVersion.objects.filter(pk=version.pk).update(
        effective_from=timezone.localdate() + timedelta(days=9)
    )
    job, _ = answered(as_ada, markdown="", version=str(version.pk))
    assert job.wanted == {"version": version.pk, "tickets": 1000}
    assert job.state == "done"


def test_a_policy_that_is_new_can_be_tried(as_ada: Client, tickets: Any) -> None:
    job, _ = answered(as_ada, markdown=NEW.replace("id: damaged", "id: lamps"))
    assert job.result["counts"]["no_longer"] == 0
    assert not Policy.objects.filter(slug="lamps").exists()


def test_only_the_last_tickets_are_looked_at(as_ada: Client, tickets: Any) -> None:
    job, _ = answered(as_ada, tickets="1")
    assert job.result["tickets"] == 1


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"markdown": ""}, "one of the two"),
        ({"markdown": "Just words"}, "Line 1: it has no front matter"),
        ({"markdown": NEW.replace("id: damaged", "id: Da maged")}, "is no id"),
        ({"tickets": "0"}, "greater than or equal to 1"),
        ({"version": "999"}, "not one of the available choices"),
    ],
)
def test_what_is_wrong_is_said_and_nobody_is_bothered(
    as_ada: Client, tickets: Any, values: dict[str, str], sentence: str
) -> None:
    answer = ask(as_ada, **values)
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert not Job.objects.exists()


def test_without_the_model_the_answer_says_so(
    as_ada: Client, tickets: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(*several: Any) -> Any:
        raise EngineUnavailable("minilm: the file is not there")

    monkeypatch.setattr(simulation, "search_over", missing)
    job, shown = answered(as_ada)
    assert job.state == "failed"
    assert "the file is not there" in shown


def test_the_page_asks_until_the_answer_is_there(as_ada: Client, tickets: Any) -> None:
    url = ask(as_ada).url
    waiting = as_ada.get(url).content.decode()
    assert 'hx-trigger="every 1s"' in waiting
    assert "Look again" in waiting
    htmx = {"HX-Request": "true"}
    assert as_ada.get(f"{url}?state=queued", headers=htmx).status_code == 204
    jobs.execute_job(Job.objects.get().pk)
    part = as_ada.get(f"{url}?state=queued", headers=htmx).content.decode()
    assert "<html" not in part
    assert "hx-trigger" not in part


def test_agents_and_supervisors_may_not_ask(client: Client, ana: Any, sol: Any) -> None:
    for person in (ana, sol):
        client.force_login(person)
        assert ask(client).status_code == 403
        assert client.get(reverse("triage:what_if_answer", args=[1])).status_code == 403


def test_other_jobs_are_not_shown_here(as_ada: Client, db: None) -> None:
    job = Job.objects.create(kind="train")
    assert as_ada.get(reverse("triage:what_if_answer", args=[job.pk])).status_code == 404
