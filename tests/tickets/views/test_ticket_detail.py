"""The ticket page: the draft beside its receipts, and the buttons under it."""

from __future__ import annotations

import re
import threading
from typing import Any
from unittest.mock import patch

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.support import ticket_stories
from tickets.delivery import sending
from tickets.models import Attachment, Draft, Message, Run, Ticket
from tickets.queue import leases, run_queue


@pytest.fixture
def ticket(db: None) -> Ticket:
    ticket_stories.policy()
    made = ticket_stories.ticket(ticket_stories.marta())
    ticket_stories.finished(made)
    made.refresh_from_db()
    return made


def page(client: Client, ticket: Ticket) -> str:
    return client.get(ticket.get_absolute_url()).content.decode()


def form(client: Client, ticket: Ticket, **values: str) -> dict[str, str]:
    """What the page's form would post now."""
    context = client.get(ticket.get_absolute_url()).context
    draft = context["draft"]
    return {"seen": context["seen"], "text": draft.text if draft else "", "note": "", **values}


def press(client: Client, ticket: Ticket, button: str, data: dict[str, str]) -> Any:
    return client.post(reverse(f"tickets:{button}", args=[ticket.pk]), data)


def test_the_receipts_stand_beside_the_draft_in_order(as_ana: Client, ticket: Ticket) -> None:
    titles = re.findall(r"<h3>([^<]+\?)</h3>", page(as_ana, ticket))
    assert titles == [
        "What is it about?",
        "Which policy applies?",
        "What do we know?",
        "What is owed?",
        "What was asked?",
        "How was the reply written?",
    ]


def test_what_was_asked_stands_above_the_draft_with_its_answer(
    as_ana: Client, ticket: Ticket
) -> None:
    shown = page(as_ana, ticket)
    assert "2 of 2 answered" in shown
    assert "Answered by what is decided about the refund." in shown
    assert "Days since delivery: 13; as it has to be: at most 30" in shown


def test_ana_ticks_what_has_to_be_done_and_sends(as_ana: Client) -> None:
    ticket = ticket_stories.ticket(None)
    run = ticket_stories.run_of(ticket)
    Draft.objects.create(
        ticket=ticket, run=run, composed_by="focal", body="Done.", tasks=["Change <it>"]
    )
    shown = page(as_ana, ticket)
    assert 'name="task_done" value="Change &lt;it&gt;"' in shown
    refused = press(as_ana, ticket, "send", form(as_ana, ticket))
    assert (refused.status_code, "has to be done first" in refused.content.decode()) == (422, True)
    assert not ticket.messages.filter(direction="out").exists()
    press(as_ana, ticket, "send", form(as_ana, ticket, task_done="Change <it>"))
    assert ticket.messages.get(direction="out").text == "Done."


def offered(draft: str, **item: Any) -> Ticket:
    """A ticket with a question that is open, and what a saved reply says to it."""
    ticket = ticket_stories.ticket(None)
    run = ticket_stories.run_of(ticket)
    usual = {
        "words": "Is it <vegan>?",
        "kind": "question",
        "source": "",
        "ref": "reply:where-is-my-order@1",
        "title": "Vegan things",
        "blocker": "knowledge",
        "because": "no saved reply and no clause is about this",
        "offer": "The glue is.",
        "task": "Ask the maker",
    }
    ticket_stories.receipt(run, "answer", output={"items": [{**usual, **item}]})
    gap = {"text": "[Please answer: “Is it <vegan>?”]", "ref": "shop:gap", "kind": "gap"}
    Draft.objects.create(ticket=ticket, run=run, composed_by="focal", body=draft, parts=[gap])
    return ticket


def offer_of(ticket: Ticket) -> str:
    return f"{ticket.receipts.get(step='answer').pk}-0"


def test_ana_puts_the_nearest_saved_reply_into_the_gap(as_ana: Client) -> None:
    ticket = offered("Hello,\n\n[Please answer: “Is it <vegan>?”]\n\nBye")
    shown = page(as_ana, ticket)
    assert "Perhaps “Vegan things”" in shown
    assert '<mark class="gap">[Please answer: “Is it &lt;vegan&gt;?”]</mark>' in shown
    refused = press(as_ana, ticket, "send", form(as_ana, ticket))
    assert "the reply has a gap" in refused.content.decode()
    press(as_ana, ticket, "take_offer", form(as_ana, ticket, offer=offer_of(ticket)))
    draft = Draft.objects.get()
    assert (draft.text, draft.tasks) == ("Hello,\n\nThe glue is.\n\nBye", ["Ask the maker"])
    assert draft.edited_by is not None


def test_where_there_is_no_reply_yet_the_offer_begins_it(as_ana: Client) -> None:
    ticket = offered("")
    press(as_ana, ticket, "take_offer", form(as_ana, ticket, offer=offer_of(ticket)))
    assert Draft.objects.get().text == "The glue is."


@pytest.mark.parametrize("number", ["1", "0", "x", "", "1-0-0"])
def test_an_offer_that_is_gone_changes_nothing(as_ana: Client, number: str) -> None:
    ticket = offered("Hello")
    press(as_ana, ticket, "take_offer", form(as_ana, ticket, offer=number))
    assert Draft.objects.get().text == "Hello"
    assert "This offer is gone" in page(as_ana, ticket)


def test_every_value_of_the_draft_is_a_link_to_its_row(as_ana: Client, ticket: Ticket) -> None:
    shown = page(as_ana, ticket)
    assert '<a class="value value-fact" href="#order-HP-10423"' in shown
    assert 'id="order-HP-10423"' in shown
    assert f'id="customer-{ticket.customer_id}"' in shown
    clause = reverse("triage:clause", args=["damaged.refund", 2])
    assert f'<a class="value value-clause" href="{clause}"' in shown


def test_values_stay_links_after_an_edit_as_far_as_they_are_still_there(
    as_ana: Client, ticket: Ticket
) -> None:
    press(
        as_ana,
        ticket,
        "save",
        form(as_ana, ticket, text="Dear Marta Lindqvist, about HP-10423: no."),
    )
    linked = [p.text for p in as_ana.get(ticket.get_absolute_url()).context["pieces"] if p.ref]
    assert linked == ["Marta Lindqvist", "HP-10423"]


def test_a_failed_check_comes_first_and_not_run_is_never_called_passed(
    as_ana: Client, ticket: Ticket
) -> None:
    shown = page(as_ana, ticket)
    assert shown.index("Photo attached") < shown.index("Money back, once approved")
    assert "A check failed" in shown
    assert re.search(r"check-open.*?Second opinion.*?not run", shown, re.DOTALL)


def test_what_was_left_out_is_listed_with_its_reason(as_ana: Client, ticket: Ticket) -> None:
    shown = page(as_ana, ticket)
    assert "<del>She is a loyal customer.</del>" in shown
    assert "stands on no fact" in shown


def test_what_strangers_write_is_never_markup(as_ana: Client) -> None:
    bad = ticket_stories.ticket(None, subject="<script>a</script>", text="<img src=x onerror=b>")
    shown = page(as_ana, bad)
    assert "<script>a" not in shown
    assert "<img" not in shown


def test_ana_saves_her_edits_and_the_machines_words_stay(
    as_ana: Client, ticket: Ticket, ana: User
) -> None:
    press(as_ana, ticket, "save", form(as_ana, ticket, text="My own words.\r\nTwo lines."))
    draft = ticket.drafts.get()
    assert draft.text == "My own words.\nTwo lines."
    assert draft.body.startswith("Dear Marta")
    assert draft.edited_by == ana


def test_saving_unchanged_text_is_no_edit(as_ana: Client, ticket: Ticket) -> None:
    press(as_ana, ticket, "save", form(as_ana, ticket))
    assert ticket.drafts.get().edited_by is None


def test_an_empty_text_brings_the_machines_words_back(as_ana: Client, ticket: Ticket) -> None:
    press(as_ana, ticket, "save", form(as_ana, ticket, text="Other words."))
    press(as_ana, ticket, "save", form(as_ana, ticket, text=""))
    assert ticket.drafts.get().text.startswith("Dear Marta")


def test_ana_sends_and_comes_to_the_next_ticket(as_ana: Client, ticket: Ticket) -> None:
    following = ticket_stories.ticket(
        None, subject="Next", received_at=ticket_stories.at("2026-01-01")
    )
    answer = press(as_ana, ticket, "send", form(as_ana, ticket, text="Dear Marta, yes."))
    assert answer.url == following.get_absolute_url()
    sent = ticket.messages.get(direction="out")
    assert sent.text == "Dear Marta, yes."
    ticket.refresh_from_db()
    assert ticket.status == Ticket.Status.WAITING
    assert "on its way" in page(as_ana, following)


def test_sending_twice_sends_once(as_ana: Client, ticket: Ticket) -> None:
    data = form(as_ana, ticket)
    press(as_ana, ticket, "send", data)
    again = press(as_ana, ticket, "send", data)
    assert again.status_code == 409
    assert ticket.messages.filter(direction="out").count() == 1


def test_a_reply_without_an_address_stays_and_says_so(as_ana: Client, ticket: Ticket) -> None:
    with patch.object(
        sending, "send_reply", side_effect=sending.NoAddress("No e-mail address is known.")
    ):
        answer = press(as_ana, ticket, "send", form(as_ana, ticket, text="Kept words."))
    assert answer.status_code == 422
    assert "No e-mail address is known." in answer.content.decode()
    assert "Kept words." in answer.content.decode()


def test_nothing_is_not_sent(as_ana: Client) -> None:
    bare = ticket_stories.ticket(None)
    answer = press(as_ana, bare, "send", form(as_ana, bare))
    assert answer.status_code == 422
    assert not bare.messages.filter(direction="out").exists()


def test_without_a_draft_ana_writes_her_own(as_ana: Client, ana: User) -> None:
    bare = ticket_stories.ticket(None)
    press(as_ana, bare, "save", form(as_ana, bare, text="Written by hand."))
    own = bare.drafts.get()
    assert (own.text, own.body, own.edited_by) == ("Written by hand.", "", ana)
    assert "Written by ana" in page(as_ana, bare)


def test_text_typed_over_an_older_draft_is_shown_again_not_saved(
    as_ana: Client, ticket: Ticket
) -> None:
    data = form(as_ana, ticket, text="Typed for ten minutes.")
    ticket_stories.draft_of(ticket, ticket_stories.run_of(ticket))
    answer = press(as_ana, ticket, "send", data)
    assert answer.status_code == 409
    assert "Typed for ten minutes." in answer.content.decode()
    assert "A new draft was written." in answer.content.decode()
    assert not ticket.messages.filter(direction="out").exists()


def test_when_the_customer_wrote_again_nothing_is_sent(as_ana: Client, ticket: Ticket) -> None:
    data = form(as_ana, ticket, text="About your lamp.")
    Message.objects.create(ticket=ticket, direction="in", text="It works now, never mind!")
    answer = press(as_ana, ticket, "send", data)
    assert answer.status_code == 409
    shown = answer.content.decode()
    assert "The customer wrote again." in shown
    assert "It works now, never mind!" in shown
    assert "About your lamp." in shown


def test_a_reply_nobody_changed_is_not_sent_over_what_the_customer_wrote_since(
    as_ana: Client, ticket: Ticket
) -> None:
    data = form(as_ana, ticket, note="Ask Ben.")
    Message.objects.create(ticket=ticket, direction="in", text="It works now, never mind!")
    answer = press(as_ana, ticket, "send", data)
    assert answer.status_code == 409
    shown = answer.content.decode()
    assert "The customer wrote again." in shown
    assert "Ask Ben." in shown
    assert not ticket.messages.exclude(direction="in").exists()


def test_nor_is_one_whose_draft_was_replaced_by_the_same_words(
    as_ana: Client, ticket: Ticket
) -> None:
    data, before = form(as_ana, ticket), ticket.drafts.get()
    Draft.objects.create(ticket=ticket, composed_by="focal", body=before.body)
    answer = press(as_ana, ticket, "send", data)
    assert answer.status_code == 409
    assert "A new draft was written." in answer.content.decode()


@pytest.mark.parametrize("data", [{}, {"text": "Typed by hand."}, {"seen": "x", "text": "Typed."}])
def test_what_comes_from_no_page_of_ours_is_not_sent_and_not_lost(
    as_ana: Client, ticket: Ticket, data: dict[str, str]
) -> None:
    answer = press(as_ana, ticket, "send", data)
    assert answer.status_code == 409
    assert "which page it came from" in answer.content.decode()
    assert data.get("text", "") in answer.content.decode()
    assert not ticket.messages.filter(direction="out").exists()


def test_an_emptied_reply_does_not_send_the_machines_words(as_ana: Client, ticket: Ticket) -> None:
    answer = press(as_ana, ticket, "send", form(as_ana, ticket, text=" "))
    assert answer.status_code == 422
    assert not ticket.messages.filter(direction="out").exists()


def test_a_note_is_kept_whatever_page_it_came_from(as_ana: Client, ticket: Ticket) -> None:
    press(as_ana, ticket, "note", {"note": "Rang her."})
    assert ticket.messages.get(direction="note").text == "Rang her."


def test_a_note_too_long_to_keep_is_called_a_note(as_ana: Client, ticket: Ticket) -> None:
    long = form(as_ana, ticket, note="y" * 20_001)
    answer = press(as_ana, ticket, "note", long)
    assert answer.status_code == 409
    assert "The internal note is longer than 20,000 characters." in answer.content.decode()
    assert "y" * 20_001 in answer.content.decode()


def test_bens_edit_is_not_laid_over_by_anas(as_ana: Client, ticket: Ticket, ben: User) -> None:
    data = form(as_ana, ticket, text="Ana's words.")
    second = Client()
    second.force_login(ben)
    press(second, ticket, "save", form(second, ticket, text="Ben's words."))
    answer = press(as_ana, ticket, "save", data)
    assert answer.status_code == 409
    assert "ben saved other edits" in answer.content.decode()
    assert ticket.drafts.get().text == "Ben's words."


def test_from_the_conflict_ana_goes_on_with_her_text(as_ana: Client, ticket: Ticket) -> None:
    data = form(as_ana, ticket, text="Still my words.")
    ticket_stories.draft_of(ticket, ticket_stories.run_of(ticket))
    answer = press(as_ana, ticket, "save", data)
    press(as_ana, ticket, "save", {"seen": answer.context["seen"], "text": answer.context["typed"]})
    assert ticket.drafts.order_by("-id")[0].text == "Still my words."


def test_words_in_a_draft_that_was_replaced_can_still_be_read(
    as_ana: Client, ticket: Ticket
) -> None:
    press(as_ana, ticket, "again", form(as_ana, ticket, text="Words worth keeping."))
    ticket_stories.draft_of(ticket, ticket_stories.run_of(ticket))
    assert "Words worth keeping." in page(as_ana, ticket)


@pytest.mark.parametrize("button", ["again", "assign", "close", "note"])
def test_no_button_loses_what_was_typed(as_ana: Client, ticket: Ticket, button: str) -> None:
    press(as_ana, ticket, button, form(as_ana, ticket, text="Half a sentence", note="And a note"))
    assert Draft.objects.get().text == "Half a sentence"
    assert ticket.messages.get(direction="note").text == "And a note"


def test_a_text_too_long_to_keep_is_shown_again(as_ana: Client, ticket: Ticket) -> None:
    answer = press(as_ana, ticket, "save", form(as_ana, ticket, text="x" * 20_001))
    assert answer.status_code == 409
    assert "x" * 20_001 in answer.content.decode()


def test_ana_takes_the_ticket_and_gives_it_back(as_ana: Client, ticket: Ticket, ana: User) -> None:
    press(as_ana, ticket, "assign", form(as_ana, ticket))
    ticket.refresh_from_db()
    assert ticket.assignee == ana
    press(as_ana, ticket, "assign", form(as_ana, ticket))
    ticket.refresh_from_db()
    assert ticket.assignee is None


def test_running_again_queues_a_run_in_her_name(as_ana: Client, ticket: Ticket, ana: User) -> None:
    press(as_ana, ticket, "again", form(as_ana, ticket))
    run = ticket.runs.order_by("-id")[0]
    assert (run.state, run.reason, run.requested_by) == (Run.State.QUEUED, "asked again", ana)


def test_closing_ends_a_run_that_is_still_open(as_ana: Client, ticket: Ticket) -> None:
    held = run_queue.claim_run(run_queue.enqueue_run(ticket, reason="asked again").pk, "worker")
    assert held is not None
    press(as_ana, ticket, "close", form(as_ana, ticket))
    with pytest.raises(leases.LeaseLost):
        run_queue.renew_lease(held)
    ticket.refresh_from_db()
    assert ticket.status == Ticket.Status.CLOSED


@pytest.mark.django_db(transaction=True)
def test_from_keeping_the_text_to_sending_it_nobody_else_gets_the_ticket(
    as_ana: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, send, free = ticket_stories.ticket(None), sending.send_reply, []

    def look_and_send(draft: Draft, *, by: User, has_read: bool, done: list[str]) -> Message:
        other = threading.Thread(target=lambda: free.append(is_free(made)))
        other.start()
        other.join()
        return send(draft, by=by, has_read=has_read, done=done)

    monkeypatch.setattr(sending, "send_reply", look_and_send)
    press(as_ana, made, "send", form(as_ana, made, text="About your lamp."))
    assert free == [False]
    assert made.messages.get(direction="out").text == "About your lamp."


def is_free(ticket: Ticket) -> bool:
    """Whether another connection could lock the ticket now."""
    try:
        with transaction.atomic():
            locking = Ticket.objects.select_for_update(no_key=True, skip_locked=True)
            return bool(list(locking.filter(pk=ticket.pk)))
    finally:
        connection.close()


def test_the_page_says_who_composed_the_draft(as_ana: Client, ticket: Ticket) -> None:
    assert "Written by the small model focal." in page(as_ana, ticket)
    ticket_stories.draft_of(ticket, ticket_stories.run_of(ticket), composed_by="sentences")
    shown = page(as_ana, ticket)
    assert "Composed from set sentences around your facts and policy." in shown
    assert "Written by" not in shown


def test_the_receipt_says_who_composed_the_reply(as_ana: Client) -> None:
    bare = ticket_stories.ticket(None)
    receipt = ticket_stories.receipt(
        ticket_stories.run_of(bare),
        "draft",
        output={"composed_by": "sentences"},
        actor_kind="rule",
        actor="sentences",
        model_served="sentences",
        model_class="rules",
        swap_reason="focal: no file",
    )
    shown = page(as_ana, bare)
    assert "Composed from set sentences around your facts and policy." in shown
    assert "<span>by rules</span>" in shown
    assert "<dt>Model</dt>" not in as_ana.get(receipt.get_absolute_url()).content.decode()


def test_the_original_is_plain_text_in_a_sandbox(as_ana: Client, ticket: Ticket) -> None:
    answer = as_ana.get(reverse("tickets:raw", args=[ticket.messages.get().pk]))
    assert answer.headers["Content-Type"].startswith("text/plain")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]


def test_an_attachment_is_saved_and_never_shown(as_ana: Client, ticket: Ticket) -> None:
    file = Attachment.objects.create(
        message=ticket.messages.get(),
        name='"shade"\r\nX: 1 ü.html',
        content_type="text/html",
        size=8,
        sha256="0" * 64,
        content=b"<script>",
    )
    answer = as_ana.get(reverse("tickets:attachment", args=[file.pk]))
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]


def test_a_failed_reply_says_when_it_is_tried_again_and_can_be_set_aside(
    as_ana: Client, ana: User
) -> None:
    ticket = ticket_stories.ticket(None)
    sent = Message.objects.create(
        ticket=ticket,
        direction="out",
        author=ana,
        delivery="failed",
        delivery_tries=3,
        retry_at=timezone.now(),
    )
    page = as_ana.get(ticket.get_absolute_url()).content.decode()
    assert "tried 3 times" in page
    assert "tried again by itself at" in page
    as_ana.post(reverse("tickets:settle", args=[sent.pk]), {"what": "aside"})
    sent.refresh_from_db()
    assert sent.retry_at is None
    page = as_ana.get(ticket.get_absolute_url()).content.decode()
    assert "ana decided not to send it any more" in page
    assert "Send again" in page


def test_a_message_in_doubt_is_settled_by_a_person(
    as_ana: Client, ticket: Ticket, ana: User
) -> None:
    sent = Message.objects.create(
        ticket=ticket, direction="out", author=ana, text="Hi", delivery="doubt"
    )
    assert "It did not arrive" in page(as_ana, ticket)
    as_ana.post(reverse("tickets:settle", args=[sent.pk]), {"what": "arrived"})
    sent.refresh_from_db()
    assert sent.delivery == Message.Delivery.SENT


def test_the_page_takes_few_queries(
    as_ana: Client, ticket: Ticket, django_assert_max_num_queries: Any
) -> None:
    ticket_stories.refund_of(ticket, ticket.runs.get())
    for number in range(12):
        ticket_stories.ticket(ticket.customer, subject=f"earlier {number}")
        order = ticket.customer.orders.create(number=f"HP-{number}")  # type: ignore[union-attr]
        order.lines.create(name="Mug", unit_price="5.00")
        order.payments.create(kind="capture", amount="5.00")
    with django_assert_max_num_queries(21):
        as_ana.get(ticket.get_absolute_url())


def test_words_that_could_not_be_seen_are_shown_as_such(as_ana: Client, ticket: Ticket) -> None:
    assert "could not be seen" not in page(as_ana, ticket)
    ticket.messages.filter(direction="in").update(hidden="refund <b>everything</b>")
    shown = page(as_ana, ticket)
    assert "Words that could not be seen</summary>" in shown
    assert "refund &lt;b&gt;everything&lt;/b&gt;" in shown


def test_what_came_to_a_made_up_ticket_is_hidden_from_agents(as_ana: Client, sol: User) -> None:
    hidden = Ticket.everything.create(subject="A check", seeded=True)
    message = Message.objects.create(ticket=hidden, direction="in", text="x", raw=b"raw")
    file = message.attachments.create(
        name="a.txt", content_type="text/plain", size=1, sha256="0" * 64, content=b"x"
    )
    urls = [
        reverse("tickets:raw", args=[message.pk]),
        reverse("tickets:attachment", args=[file.pk]),
    ]
    assert [as_ana.get(url).status_code for url in urls] == [404, 404]
    as_sol = Client()
    as_sol.force_login(sol)
    assert [as_sol.get(url).status_code for url in urls] == [200, 200]


def write_by(ticket: Ticket, kind: str) -> None:
    """A draft and its receipt by a model of this class, in a run of their own."""
    run = ticket_stories.run_of(ticket)
    for step in ("summarize", "draft"):
        ticket_stories.receipt(
            run,
            step,
            actor_kind="model",
            actor="qwen",
            model_served="qwen",
            model_requested="qwen",
            model_class=kind,
            checks=[{"name": "finished", "passed": True}],
        )
    ticket_stories.draft_of(ticket, run, composed_by="qwen")


@pytest.mark.parametrize("kind", ["general", "hosted"])
def test_a_general_models_words_are_not_shown_as_verified(
    as_ana: Client, ticket: Ticket, kind: str
) -> None:
    write_by(ticket, kind)
    shown = page(as_ana, ticket)
    said = "Checked against rows and clauses; free wording not verified."
    assert shown.count(said) == 3  # on two receipts and beside the draft
    assert "Written by the general model qwen." in shown
    assert shown.count("Wording not verified") == 2
    receipt = ticket.receipts.filter(step="draft").latest("seq")
    alone = as_ana.get(receipt.get_absolute_url()).content.decode()
    assert said in alone


def test_of_a_model_made_for_it_nothing_of_the_kind_is_said(as_ana: Client, ticket: Ticket) -> None:
    write_by(ticket, "focal")
    assert "not verified" not in page(as_ana, ticket)


def test_the_newest_orders_are_shown_first_where_no_receipt_names_one(as_ana: Client) -> None:
    customer = ticket_stories.marta()
    for number in range(3):
        placed = ticket_stories.at(f"2026-11-{10 + number}")
        customer.orders.create(number=f"HP-{number}", placed_at=placed)
    page = as_ana.get(ticket_stories.ticket(customer).get_absolute_url())
    shown = [order.number for order in page.context["orders"]]
    assert shown == ["HP-2", "HP-1", "HP-0", "HP-10423"]


def test_the_order_a_receipt_names_is_shown_however_many_came_later(
    as_ana: Client, ticket: Ticket
) -> None:
    assert ticket.customer is not None
    for number in range(30):
        ticket.customer.orders.create(
            number=f"HP-2{number:04}", status="placed", placed_at=ticket_stories.at("2026-11-20")
        )
    assert as_ana.get(ticket.get_absolute_url()).context["orders"][0].number == "HP-10423"
