"""Ada tunes how clauses are found, on what the team sent; nothing changes until she says so."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.urls import reverse

from tests.conftest import join
from tests.support import ticket_stories
from tickets.models import Draft, Message, Ticket
from triage.inference import contrastive_tuning as engine
from triage.learning import retrieval_tuning
from triage.models import Clause, Job, TunedEncoder
from triage.pipeline import jobs, registry
from triage.pipeline.configuration import load_configuration

pytestmark = pytest.mark.django_db
PAGE = "triage:tuning"


def answered(*, by: User, keeps: bool = True) -> tuple[Ticket, Clause]:
    """A ticket whose draft quoted a clause and was sent, with those words or without."""
    clause = ticket_stories.policy()
    ticket = ticket_stories.ticket(ticket_stories.marta())
    run = ticket_stories.finished(ticket)
    draft = Draft.objects.get(run=run)
    ref = f"clause:{clause.ref}@{clause.version.number}"
    draft.parts = [{"text": clause.text, "ref": ref, "kind": "clause"}]
    said = f"Our terms: {clause.text}" if keeps else "Good news, it is on its way."
    draft.message = Message.objects.create(ticket=ticket, direction="out", author=by, text=said)
    draft.save()
    return ticket, clause


def encoder(**values: Any) -> TunedEncoder:
    made = {"sha256": "1" * 64, "base_sha256": registry.get_encoder_sha256(), **values}
    return TunedEncoder.objects.create(weights=b"x", report={"pairs": 9, "clauses": 8}, **made)


def test_a_clause_that_was_sent_is_an_accepted_citation(ana: User) -> None:
    ticket, clause = answered(by=ana)
    (one,) = retrieval_tuning.list_accepted_citations()
    assert (one.ticket, one.clause.ref) == (ticket.pk, clause.ref)
    assert ticket.subject in one.question


def test_a_clause_that_ana_took_out_is_not(ana: User) -> None:
    answered(by=ana, keeps=False)
    assert retrieval_tuning.list_accepted_citations() == []


def test_too_few_citations_end_in_a_sentence_for_ada(
    ana: User, ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    answered(by=ana)
    monkeypatch.setattr(registry, "load_encoder", lambda: object())
    job = jobs.request_job("tune", by=ada)
    assert not jobs.execute_job(job.pk)
    job.refresh_from_db()
    assert "at least 8 different clauses" in job.error


def test_the_page_asks_for_as_many_clauses_as_the_tuning_does() -> None:
    assert retrieval_tuning.MIN_CLAUSES == engine.MIN_CLAUSES


def test_ada_asks_for_a_tuning_once(client: Client, ada: User) -> None:
    client.force_login(ada)
    for _ in range(2):
        client.post(reverse("triage:tune"))
    assert [job.kind for job in Job.objects.all()] == ["tune"]
    assert "waiting for a worker" in client.get(reverse(PAGE)).content.decode()


def test_nothing_searches_with_it_until_ada_puts_it_to_work(client: Client, ada: User) -> None:
    made = encoder()
    assert load_configuration().tuned_encoder == 0
    client.force_login(ada)
    page = client.post(reverse("triage:use_encoder", args=[made.pk]), follow=True).content.decode()
    assert load_configuration().tuned_encoder == made.pk
    assert "put to work by ada" in page
    for _ in range(2):
        page = client.post(reverse("triage:plain_encoder"), follow=True).content.decode()
    assert load_configuration().tuned_encoder == 0
    assert f"ada put tuned encoder {made.pk} to work" in page
    assert page.count("ada put the plain one to work") == 1


@pytest.mark.django_db(transaction=True)
def test_two_admins_at_once_leave_one_encoder_at_work() -> None:
    ada = join("ada")
    made = [encoder() for _ in range(6)]

    def put_to_work(one: TunedEncoder) -> None:
        try:
            retrieval_tuning.activate_encoder(one, by=ada)
        finally:
            connection.close()

    with ThreadPoolExecutor(len(made)) as pool:
        list(pool.map(put_to_work, made))
    assert TunedEncoder.objects.filter(active=True).count() == 1


def test_one_tuned_from_another_file_is_refused(client: Client, ada: User) -> None:
    made = encoder(base_sha256="0" * 64)
    client.force_login(ada)
    page = client.post(reverse("triage:use_encoder", args=[made.pk]), follow=True).content.decode()
    assert load_configuration().tuned_encoder == 0
    assert "Tune it again" in page


@pytest.mark.parametrize("who", ["ana", "sol"])
def test_only_admins_see_it(client: Client, who: str, request: pytest.FixtureRequest) -> None:
    client.force_login(request.getfixturevalue(who))
    assert client.get(reverse(PAGE)).status_code == 403
    assert client.post(reverse("triage:tune")).status_code == 403
    assert not Job.objects.exists()
