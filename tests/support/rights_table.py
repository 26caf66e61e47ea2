"""Every address with what each person may do there, and the rows that the addresses need."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.contrib.auth.models import User
from django.urls import URLResolver

from approvals import account_hands
from approvals.review import page_views
from tests.conftest import CAST, join
from tests.support import account_acts, ticket_stories
from tickets.access import SUPERVISORS
from tickets.delivery import replies
from tickets.models import Attachment, Message, Ticket
from triage.learning import versions
from triage.models import (
    Alarm,
    Classifier,
    Clause,
    Intent,
    IntentProposal,
    Job,
    ReplyProposal,
    TunedEncoder,
)
from triage.pipeline import registry

TEAM = ("ana", "ben", "sol", "sam", "ada")


EVERYBODY = (*CAST, "root", "")  # a superuser without a group; "" is not signed in


def team(status: int) -> dict[str, int]:
    """Agents, supervisors and admins; a person without a role is refused, a stranger signs in."""
    return {**dict.fromkeys(EVERYBODY, 403), **dict.fromkeys(TEAM, status), "": 302}


def supervisors(status: int) -> dict[str, int]:
    return {**dict.fromkeys(EVERYBODY, 403), "sol": status, "sam": status, "": 302}


def admins(status: int) -> dict[str, int]:
    return {**dict.fromkeys(EVERYBODY, 403), "ada": status, "": 302}


def anybody(status: int) -> dict[str, int]:
    return dict.fromkeys(EVERYBODY, status)


def signed_in(status: int) -> dict[str, int]:
    return {**anybody(status), "": 302}


# name of the URL: (method, what each person is answered)
TABLE: dict[str, tuple[str, dict[str, int]]] = {
    "tickets:inbox": ("get", team(200)),
    "tickets:ticket": ("get", team(200)),
    "tickets:progress": ("get", team(200)),
    "tickets:save": ("post", team(302)),
    "tickets:send": ("post", team(302)),
    "tickets:again": ("post", team(302)),
    "tickets:take_offer": ("post", team(302)),
    "tickets:assign": ("post", team(302)),
    "tickets:close": ("post", team(302)),
    "tickets:note": ("post", team(302)),
    "tickets:raw": ("get", team(200)),
    "tickets:settle": ("post", team(302)),
    "tickets:take_back_forward": ("post", team(302)),
    "tickets:attachment": ("get", team(200)),
    "tickets:receipt": ("get", team(200)),
    "tickets:receipt_json": ("get", team(200)),
    "tickets:preferences": ("post", anybody(302)),
    "tickets:contact": ("get", anybody(200)),
    "tickets:thanks": ("get", anybody(200)),
    "approvals:queue": ("get", supervisors(200)),
    "approvals:refund": ("get", team(200)),
    "approvals:decide": ("post", supervisors(302)),
    "approvals:paid": ("post", supervisors(409)),
    "approvals:take_back": ("post", supervisors(409)),
    "approvals:settle": ("post", supervisors(409)),
    "approvals:hand_over": ("post", supervisors(302)),
    "approvals:ask_again": ("post", team(409)),
    "approvals:mails": ("post", team(302)),
    "approvals:request": ("get", team(200)),
    "approvals:accounts": ("get", {**supervisors(200), "ada": 200}),
    "approvals:confirm_account": ("post", {**supervisors(302), "ada": 302}),
    "approvals:first_opinion": ("post", supervisors(302)),
    "approvals:look": ("post", {**supervisors(404), "sol": 204}),
    "approvals:how_we_decide": ("get", {**supervisors(200), "ada": 200}),
    "approvals:plant": ("post", admins(302)),
    "approvals:revealed": ("get", supervisors(404)),
    "triage:policies": ("get", team(200)),
    "triage:clause": ("get", team(200)),
    "triage:answers": ("get", admins(200)),
    "triage:measure_readiness": ("post", admins(302)),
    "triage:apply_readiness": ("post", admins(302)),
    "triage:replies": ("get", team(200)),
    "triage:reply": ("get", team(200)),
    "triage:compare": ("get", team(200)),
    "triage:clause_uses": ("get", team(200)),
    "triage:relabel": ("post", team(302)),
    "triage:replacement": ("get", team(200)),
    "triage:confirm": ("post", team(302)),
    "triage:policy_check": ("get", admins(200)),
    "triage:what_if": ("get", admins(200)),
    "triage:what_if_answer": ("get", admins(200)),
    "triage:learning": ("get", admins(200)),
    "triage:learning_progress": ("get", admins(204)),
    "triage:learning_back": ("post", admins(422)),
    "triage:train": ("post", admins(302)),
    "triage:import_intents": ("get", admins(200)),
    "triage:version": ("get", admins(200)),
    "triage:activate": ("post", admins(302)),
    "triage:tuning": ("get", admins(200)),
    "triage:tune": ("post", admins(302)),
    "triage:use_encoder": ("post", admins(302)),
    "triage:plain_encoder": ("post", admins(302)),
    "triage:who_pays": ("get", {**supervisors(200), "ada": 200}),
    "triage:proposals": ("get", admins(200)),
    "triage:look_for_proposals": ("post", admins(302)),
    "triage:take_proposal": ("post", admins(302)),
    "triage:refuse_proposal": ("post", admins(302)),
    "triage:end_alarm": ("post", admins(302)),
    "triage:first_day": ("get", admins(200)),
    "triage:first_day_progress": ("get", admins(204)),
    "triage:learn_past": ("post", admins(302)),
    "triage:switch_on": ("post", admins(422)),
    "triage:reply_proposals": ("get", admins(200)),
    "triage:look_for_replies": ("post", admins(302)),
    "triage:take_reply": ("post", admins(302)),
    "triage:refuse_reply": ("post", admins(302)),
    "account_login": ("get", {**anybody(302), "": 200}),
    "account_logout": ("get", signed_in(200)),
    "account_change_password": ("get", signed_in(200)),
    "account_inactive": ("get", anybody(200)),
    "healthz": ("get", anybody(200)),
}


ONE_REFUND = (
    "refund",
    "decide",
    "paid",
    "settle",
    "take_back",
    "hand_over",
    "ask_again",
    "first_opinion",
    "revealed",
)


def names(patterns: list[Any], prefix: str = "") -> Iterator[str]:
    """The full name of every URL but the admin panel's."""
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            if pattern.namespace != "admin":
                inner = f"{prefix}{pattern.namespace}:" if pattern.namespace else prefix
                yield from names(pattern.url_patterns, inner)
        else:
            yield f"{prefix}{pattern.name}"


def world() -> tuple[dict[str, list[Any]], dict[str, dict[str, Any]]]:
    """One row of everything; the arguments of each URL, and what is posted to it."""
    clause = ticket_stories.policy()
    intent = ticket_stories.intents()[0]
    ticket = ticket_stories.ticket(ticket_stories.marta())
    run = ticket_stories.finished(ticket)
    refund = ticket_stories.refund_of(ticket, run)
    message = ticket.messages.get()
    sent = Message.objects.create(
        ticket=ticket_stories.ticket(None),
        direction="out",
        author=join("ana"),
        text="x",
        delivery="doubt",
    )
    file = Attachment.objects.create(
        message=message,
        name="a.txt",
        content_type="text/plain",
        size=1,
        sha256="0" * 64,
        content=b"x",
    )
    receipt = run.receipts.first()
    assert receipt is not None
    one = [ticket.pk]
    arguments: dict[str, list[Any]] = {
        **{name: one for name in TABLE if name.startswith("tickets:")},
        **dict.fromkeys(
            ("tickets:inbox", "tickets:preferences", "tickets:contact", "tickets:thanks"), []
        ),
        "tickets:raw": [message.pk],
        "tickets:settle": [sent.pk],
        "tickets:take_back_forward": [message.pk],
        "tickets:attachment": [file.pk],
        "tickets:receipt": [receipt.pk],
        "tickets:receipt_json": [receipt.pk],
        **{f"approvals:{name}": [refund.pk] for name in ONE_REFUND},
        "approvals:request": one,
        "approvals:confirm_account": [make_changed_account().pk],
        "approvals:look": [page_views.start_page_view(refund, join("sol")).pk],
        "triage:clause": [clause.ref, clause.version.number],
        "triage:reply": ["where-is-my-order"],
        "triage:relabel": one,
        "triage:replacement": one,
        "triage:confirm": one,
        **learned(clause, ticket),
    }
    return arguments, posted(intent, ticket)


def posted(intent: Intent, ticket: Ticket) -> dict[str, dict[str, Any]]:
    """What is posted to each URL that takes more than a click."""
    draft, kim = replies.get_open_draft(ticket), User.objects.get(username="kim")
    newest = account_hands.get_newest_change_id(kim)
    return {
        "approvals:decide": {"verdict": "approve", "reason": "Right."},
        "approvals:paid": {"reference": "re_1"},
        "approvals:take_back": {"why": "It was another order."},
        "approvals:settle": {"paid": "no", "why": "Seen there."},
        "approvals:hand_over": {"why": "For everybody."},
        "approvals:ask_again": {"answer": "The second one."},
        "approvals:mails": {"mails": "off"},
        "approvals:first_opinion": {"first_verdict": "reject", "look": "1"},
        "approvals:look": {"visible_ms": "5", "opened": ""},
        "triage:relabel": {"intent": str(intent.pk)},
        "triage:activate": {"why": "It is better."},
        "triage:take_proposal": {"name": "Gift cards", "ticket": [str(ticket.pk)]},
        "triage:take_reply": {"title": "Gifts", "text": "We wrap.", "questions": "a b\nc d\ne f"},
        "tickets:settle": {"what": "arrived"},
        "tickets:note": {"note": "x"},
        "tickets:send": {"seen": replies.build_form_token(ticket, draft), "text": "Yes."},
        "approvals:confirm_account": {"why": "I asked.", "covers": newest},
    }


def make_changed_account() -> User:
    """Kim, whom ben made a supervisor: a colleague has to confirm it."""
    kim = User.objects.create(username="kim")
    account_acts.put_into(kim, SUPERVISORS, join("ben"))
    return kim


def learned(clause: Clause, ticket: Ticket) -> dict[str, list[Any]]:
    """One row of everything that is learned, and the arguments of its URLs."""
    job = Job.objects.create(kind="what if", wanted={"version": clause.version_id})
    made: dict[str, Any] = {"weights": b"x", "sha256": "1" * 64}
    version = Classifier.objects.create(
        labels=[],
        encoder_sha256=registry.get_encoder_sha256(),
        report={"form": versions.WEIGHTS_FORMAT},
        **made,
    )
    encoder = TunedEncoder.objects.create(base_sha256=registry.get_encoder_sha256(), **made)
    alarm = Alarm.objects.create(classifier=version, because="Nine of sixty were wrong.")
    proposal = IntentProposal.objects.create(name="gift cards")
    reply = ReplyProposal.objects.create(title="Gifts", text="We wrap.")
    proposal.tickets.add(ticket)
    return {
        "triage:clause_uses": [clause.ref, clause.version.number],
        "triage:compare": [clause.version.policy.slug, 1, 2],
        "triage:what_if_answer": [job.pk],
        "triage:version": [version.pk],
        "triage:activate": [version.pk],
        "triage:use_encoder": [encoder.pk],
        "triage:take_proposal": [proposal.pk],
        "triage:take_reply": [reply.pk],
        "triage:refuse_reply": [reply.pk],
        "triage:refuse_proposal": [proposal.pk],
        "triage:end_alarm": [alarm.pk],
    }


def everybody() -> dict[str, User]:
    """The cast, and a superuser without a group, by name."""
    root = User.objects.create_superuser("root", password="a lamp")
    return {"root": root, **{who: join(who) for who in CAST}}
