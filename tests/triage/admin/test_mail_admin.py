"""ada sees the mails that were refused, and tries again."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.support.raw_mails import letter
from tickets.intake.mail_retries import keep_refused_mail
from tickets.models import Ticket

pytestmark = pytest.mark.django_db
PAGE = "/admin/tickets/refusedmail/"


def test_ada_sees_what_was_refused_and_why(as_ada: Client) -> None:
    refused = keep_refused_mail(b"Gr\xfc\xdfe <script>", "old.mbox:7", "it has no mail header")
    assert "it has no mail header" in as_ada.get(PAGE).content.decode()
    page = as_ada.get(f"{PAGE}{refused.pk}/change/").content.decode()
    assert "Grüße &lt;script&gt;" in page
    assert "not yet" in page


def test_ada_tries_again(as_ada: Client) -> None:
    good = keep_refused_mail(letter(), "good.eml", "it had no mail header")
    bad = keep_refused_mail(b"just words", "bad.eml", "it has no mail header")
    choice = {"action": "retry_mails", "_selected_action": [good.pk, bad.pk]}
    page = as_ada.post(PAGE, choice, follow=True).content.decode()
    assert "1 taken in, 1 still refused" in page
    assert str(Ticket.objects.get()) in page
    waiting = as_ada.get(f"{PAGE}?taken_in_at__isempty=1").content.decode()
    assert ("bad.eml" in waiting, "good.eml" in waiting) == (True, False)


def test_sol_does_not_see_them(as_sol: Client) -> None:
    keep_refused_mail(b"just words", "bad.eml", "it has no mail header")
    assert as_sol.get(PAGE).status_code in {302, 403}
