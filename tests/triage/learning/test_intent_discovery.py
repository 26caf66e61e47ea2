"""Groups of tickets without a label are proposed, and ada decides."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.support.run_rows import receipt, run_of
from tests.support.shared_data import shared_data
from tickets.models import Message, Ticket
from triage.classifier.clusters import cluster_texts
from triage.learning import intent_discovery
from triage.models import Intent, IntentExample, IntentProposal, Job
from triage.pipeline import jobs, registry

TOPICS = ("gift", "invoice", "allotment")


def pointing(texts: Sequence[str]) -> Any:
    """A vector a topic; a text without one points where no other does."""
    made = np.zeros((len(texts), 384), np.float32)
    for row, text in enumerate(texts):
        topic = next((i for i, word in enumerate(TOPICS) if word in text), 10 + row)
        made[row, topic], made[row, 200 + row % 100] = 1.0, 0.1
    return made / np.linalg.norm(made, axis=1, keepdims=True)


@pytest.fixture(autouse=True)
def _vectors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "embed_texts", pointing)


def unlabelled(text: str, outcome: str = "unsure", **values: Any) -> Ticket:
    ticket = Ticket.objects.create(**{"channel": "email", "subject": "Hello", **values})
    Message.objects.create(ticket=ticket, direction="in", text=text)
    said = {"outcome": outcome, "suggestion_name": "Return request"}
    receipt(run_of(ticket), "classify", status="abstained", actor_kind="rule", output=said)
    return ticket


def gifts(count: int = 6, **values: Any) -> list[Ticket]:
    return [unlabelled(f"Please wrap it as a gift, number {n}", **values) for n in range(count)]


def look() -> dict[str, Any]:
    return dict(intent_discovery.propose_job(Job(kind="propose")))


def waiting() -> IntentProposal:
    return IntentProposal.objects.get(state="open")


# --- finding -------------------------------------------------------------------------------


@pytest.mark.django_db
def test_tickets_that_ask_for_the_same_are_proposed_with_their_words() -> None:
    asked = gifts()
    for text in ("Is the sky blue?", "My cat is ill", "How tall is it?"):
        unlabelled(text)
    assert look()["sentence"] == (
        "9 tickets without a label were looked at; 1 group may be worth an intent."
    )
    assert set(waiting().tickets.all()) == set(asked)
    assert {"wrap", "gift"} <= set(waiting().words)
    assert "hello" not in waiting().name.lower()


@pytest.mark.django_db
def test_four_are_no_group() -> None:
    gifts(4)
    assert look()["proposals"] == 0
    assert not IntentProposal.objects.exists()


@pytest.mark.django_db
def test_tickets_with_a_label_and_those_that_ask_nothing_are_not_looked_at() -> None:
    gifts(label="returns")
    gifts(outcome="spam")
    gifts(outcome="empty")
    Ticket.objects.create(channel="email", subject="not read yet")
    assert look()["tickets"] == 0


@pytest.mark.django_db
def test_what_ana_called_none_of_ours_is_looked_at(ana: User) -> None:
    for ticket in gifts(outcome="one of ours"):
        ticket.corrections.create(step="classify", before="returns", after="", by=ana)
    assert look()["proposals"] == 1


@pytest.mark.django_db
def test_a_receipt_from_before_outcomes_counts() -> None:
    for number in range(5):
        ticket = Ticket.objects.create(channel="email")
        Message.objects.create(ticket=ticket, direction="in", text=f"a gift {number}")
        receipt(run_of(ticket), "classify", status="abstained", output={})
    assert look()["proposals"] == 1


@pytest.mark.django_db
def test_an_open_proposal_follows_its_group_and_goes_with_it() -> None:
    asked = gifts()
    look()
    first = waiting()
    more = unlabelled("One more gift")
    look()
    assert waiting() == first
    assert more in waiting().tickets.all()
    Ticket.objects.filter(pk__in=[ticket.pk for ticket in asked]).update(label="returns")
    look()
    assert not IntentProposal.objects.exists()


@pytest.mark.django_db
def test_more_groups_take_no_more_queries(ada: User, monkeypatch: pytest.MonkeyPatch) -> None:
    tickets = [unlabelled("x").pk for _ in range(12)]
    proposed: list[list[int]] = [tickets[:2], tickets[2:4], tickets[4:6]]
    monkeypatch.setattr(
        intent_discovery, "_cluster_tickets", lambda *read: [(ids, ["a"]) for ids in proposed]
    )
    look()
    for row in IntentProposal.objects.filter(tickets=tickets[0]):
        intent_discovery.refuse_proposal(row, by=ada)
    with CaptureQueriesContext(connection) as few:
        look()
    proposed += [tickets[6:8], tickets[8:10], tickets[10:]]
    look()
    with CaptureQueriesContext(connection) as many:
        assert look()["proposals"] == 5
    assert len(many) == len(few)
    kept = IntentProposal.objects.filter(state="open")
    assert sorted(sorted(row.tickets.values_list("pk", flat=True)) for row in kept) == proposed[1:]


@pytest.mark.django_db
def test_a_refused_group_does_not_come_again_until_it_has_outgrown_itself(ada: User) -> None:
    gifts(5)
    look()
    intent_discovery.refuse_proposal(waiting(), by=ada)
    gifts(5)
    look()
    assert not IntentProposal.objects.filter(state="open").exists()
    gifts(5)
    look()
    assert waiting().tickets.count() == 15


@pytest.mark.django_db
def test_an_accepted_group_does_not_come_again_before_the_training(ada: User) -> None:
    asked = gifts()
    look()
    intent_discovery.accept_proposal(
        waiting(), name="Gift", into=None, tickets=[t.pk for t in asked], by=ada
    )
    assert look()["proposals"] == 0


def test_the_nearest_to_the_middle_come_first() -> None:
    rng = np.random.default_rng(7)
    noise = rng.normal(size=(8, 16)) * np.linspace(0.02, 0.2, 8)[:, None]
    vectors = np.eye(1, 16, dtype=np.float32) + noise.astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    found = cluster_texts([f"text {n}" for n in range(8)], vectors)
    middle = vectors.mean(axis=0)
    assert list(found[0].members) == sorted(range(8), key=lambda row: -vectors[row] @ middle)


def test_texts_without_a_word_are_grouped_without_one() -> None:
    assert cluster_texts(["1 2"] * 5, np.ones((5, 1), np.float32))[0].words == ()
    assert cluster_texts([], np.zeros((0, 4), np.float32)) == []


def test_hidden_intents_of_clinc150_are_found() -> None:
    """Five intents at a time, twenty texts each, among a hundred texts that are none."""
    file = shared_data("clinc150") / "data_full_without_test.json"
    data = json.loads(file.read_text())
    found = sum(len(pure_groups(data, draw)) for draw in map(random.Random, range(4)))
    assert found >= 16


def pure_groups(data: dict[str, list[tuple[str, str]]], draw: random.Random) -> set[str]:
    """The hidden intents that are four fifths of a group."""
    hidden = draw.sample(sorted({label for _, label in data["train"]}), 5)
    rows = [("", text) for text, _ in data["oos_train"]]
    for label in hidden:
        texts = [text for text, of in data["train"] if of == label]
        rows += [(label, text) for text in draw.sample(texts, 20)]
    texts = [text for _, text in rows]
    most = [
        Counter(rows[row][0] for row in cluster.members).most_common(1)[0] + (len(cluster.members),)
        for cluster in cluster_texts(texts, registry.load_encoder().embed(texts))
    ]
    return {label for label, count, size in most if label and count >= 0.8 * size}


# --- deciding ------------------------------------------------------------------------------


@pytest.fixture
def proposal(db: None) -> IntentProposal:
    gifts()
    look()
    return waiting()


def accept(client: Client, proposal: IntentProposal, **values: Any) -> Any:
    everything = {"ticket": [ticket.pk for ticket in proposal.tickets.all()], "name": "Gift wrap"}
    return client.post(
        reverse("triage:take_proposal", args=[proposal.pk]), {**everything, **values}
    )


def test_ada_makes_a_group_an_intent_of_its_texts(
    as_ada: Client, proposal: IntentProposal, ada: User
) -> None:
    assert accept(as_ada, proposal).status_code == 302
    intent = Intent.objects.get(slug="gift-wrap")
    examples = IntentExample.objects.filter(intent=intent)
    assert (examples.count(), set(examples.values_list("source", flat=True))) == (6, {"tickets"})
    assert "Hello\nPlease wrap it as a gift, number 0" in examples.values_list("text", flat=True)
    proposal.refresh_from_db()
    assert (proposal.state, proposal.intent, proposal.decided_by) == ("taken", intent, ada)
    assert set(proposal.tickets.values_list("label", flat=True)) == {""}


def test_a_long_message_is_an_example_as_far_as_one_goes(
    as_ada: Client, proposal: IntentProposal
) -> None:
    draw = random.Random(7)
    long = "".join(draw.choices("абвгдежзиклмнопрстуфхцчшщ ", k=3_000))
    Message.objects.filter(ticket=proposal.tickets.earliest("pk")).update(text=long)
    assert accept(as_ada, proposal).status_code == 302
    sizes = [len(text.encode()) for text in IntentExample.objects.values_list("text", flat=True)]
    assert 1_900 < max(sizes) <= 2_000


def test_a_ticket_that_ada_unticked_is_no_example(as_ada: Client, proposal: IntentProposal) -> None:
    first, *others = proposal.tickets.values_list("pk", flat=True)
    accept(as_ada, proposal, ticket=others)
    assert IntentExample.objects.count() == 5


def test_a_group_can_be_examples_of_an_intent_there_is(
    as_ada: Client, proposal: IntentProposal
) -> None:
    intent = Intent.objects.create(slug="returns", name="Return request")
    accept(as_ada, proposal, name="", into=intent.pk)
    assert intent.examples.count() == 6
    assert Intent.objects.count() == 1


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"ticket": []}, "at least one ticket"),
        ({"name": " "}, "Give the new intent a name"),
        ({"name": "Returns"}, "already"),
    ],
)
def test_what_cannot_be_accepted_says_why_and_keeps_what_was_typed(
    as_ada: Client, proposal: IntentProposal, values: dict[str, Any], said: str
) -> None:
    Intent.objects.create(slug="returns", name="Returns")
    answer = accept(as_ada, proposal, **values)
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert f'value="{values.get("name", "Gift wrap")}"' in answer.content.decode()
    assert waiting() == proposal


def test_a_stranger_s_ticket_cannot_be_slipped_in(as_ada: Client, proposal: IntentProposal) -> None:
    other = unlabelled("Something private")
    assert accept(as_ada, proposal, ticket=[other.pk]).status_code == 422
    assert not IntentExample.objects.exists()


def test_a_group_is_decided_on_once(as_ada: Client, proposal: IntentProposal) -> None:
    refuse = reverse("triage:refuse_proposal", args=[proposal.pk])
    assert as_ada.post(refuse).status_code == 302
    answer = accept(as_ada, proposal)
    assert answer.status_code == 422
    assert "decided on this group meanwhile" in answer.content.decode()
    assert not Intent.objects.exists()


def test_the_page_shows_the_groups_and_what_the_machine_thought(
    as_ada: Client, proposal: IntentProposal
) -> None:
    page = as_ada.get(reverse("triage:proposals")).content.decode()
    assert "6 tickets. Words that tell them" in page
    assert "thought of “Return request” for 6 of them" in page
    assert "The other 1" in page


def test_ada_asks_for_a_look_and_hears_of_its_end(as_ada: Client, ada: User) -> None:
    gifts()
    as_ada.post(reverse("triage:look_for_proposals"))
    job = Job.objects.get(kind="propose", requested_by=ada)
    assert "A worker is looking" in as_ada.get(reverse("triage:proposals")).content.decode()
    assert jobs.execute_job(job.pk)
    page = as_ada.get(reverse("triage:proposals")).content.decode()
    assert "1 group may be worth an intent" in page


def test_ana_and_sol_see_no_proposals(client: Client, ana: User, sol: User) -> None:
    for person in (ana, sol):
        client.force_login(person)
        assert client.get(reverse("triage:proposals")).status_code == 403
        assert client.post(reverse("triage:look_for_proposals")).status_code == 403
