"""Addresses become links as Django makes them, whatever stands around them."""

from __future__ import annotations

from django.template.defaultfilters import urlizetrunc
from hypothesis import given
from hypothesis import strategies as st

from tickets.templatetags.links import MAX_LINK_CHARS, link_addresses

PIECES = st.sampled_from(
    [*"a.:/@<>&,() \n'", "http://", "HTTPS://", "www.", "WWW.", ".com", ".Org/", ".de", "mailto:"]
)


@given(st.lists(PIECES, max_size=20).map("".join))
def test_every_text_is_drawn_as_django_draws_it(text: str) -> None:
    assert link_addresses(text) == urlizetrunc(text, MAX_LINK_CHARS)


def test_a_page_and_a_mailbox_become_links() -> None:
    drawn = link_addresses("See https://example.com/lamp or write to marta@example.com & wait.")
    assert drawn.count("<a href=") == 2
    assert link_addresses("The <b>lamp</b> & its cord: broken.") == (
        "The &lt;b&gt;lamp&lt;/b&gt; &amp; its cord: broken."
    )
