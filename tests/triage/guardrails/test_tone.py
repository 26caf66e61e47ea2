"""Tone: courteous, fitting, in the shop's own words; each doubt has its name and its reason."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from triage.contract.case import Phrase
from triage.contract.step import Check
from triage.generation.phrases import load_phrases
from triage.guardrails.tone import ACKNOWLEDGES, CLOSING, GREETING, check_tone

GOOD = "Hello Maya,\n\nThank you for writing. We are looking into it.\n\nKind regards,\nThe team"


def failing(
    text: str = GOOD,
    *,
    urgent: bool = False,
    message: str = "Where is it?",
    phrases: Sequence[Phrase] = (),
    intent: str = "order-status",
) -> dict[str, str]:
    found: list[Check] = list(
        check_tone(text, text, urgent=urgent, message=message, phrases=phrases, intent=intent)
    )
    assert len(found) == 6
    return {check.name.removeprefix("tone: "): check.because for check in found if not check.passed}


def test_a_good_reply_has_nothing_to_doubt() -> None:
    assert failing() == {}


def test_a_reply_greets_and_closes() -> None:
    assert failing("We look into it.\n\nKind regards,\nThe team") == {
        "greets and closes": "no greeting"
    }
    assert failing("So.\n\nWe look into it.") == {"greets and closes": "no greeting and no closing"}


@pytest.mark.parametrize(
    ("said", "name", "because"),
    [
        ("You should have read it.", "blames nobody", "blames the customer: “You should have”"),
        ("As I already told you, no.", "blames nobody", "“As I already told you”"),
        ("PLEASE wait.", "does not shout", "shouts: “PLEASE”"),
        ("Wait!! Please.", "does not shout", "shouts: “!!”"),
    ],
)
def test_rudeness_is_named_with_its_words(said: str, name: str, because: str) -> None:
    assert because in failing(GOOD.replace("We are looking into it.", said))[name]


def test_an_urgent_ticket_is_acknowledged() -> None:
    cold = GOOD.replace("We are looking into it.", "Your order is here.")
    assert "neither says so nor apologises" in failing(cold, urgent=True)["fits the urgency"]
    for words in ("We understand that this is urgent.", "We are sorry about this."):
        assert failing(cold.replace("Your order", f"{words} Your order"), urgent=True) == {}


def test_nobody_cheers_at_an_upset_customer() -> None:
    glad = GOOD.replace("We are looking into it.", "Good news! We are looking into it.")
    assert failing(glad) == {}
    assert failing(glad, message="This is unacceptable") == {
        "fits the mood": (
            "the customer writes “unacceptable”, and the reply is cheerful: “Good news”"
        )
    }
    assert "the ticket is urgent" in failing(glad + " Sorry.", urgent=True)["fits the mood"]


def test_the_reason_names_the_phrase() -> None:
    phrases = (
        Phrase(text="kind  Regards", required=True),
        Phrase(text="as per", required=False),
        Phrase(text="looking into it", required=False),
        Phrase(text="order number", required=True),
    )
    assert failing(phrases=phrases) == {
        "the shop's wording": "must not say “looking into it”; has to say “order number”"
    }


def test_a_phrase_is_whole_words_and_may_be_for_one_intent_alone() -> None:
    whole = Phrase(text="ing", required=False)
    other = Phrase(text="regards", required=False, intent="return-request")
    assert failing(phrases=(whole, other)) == {}
    assert failing(phrases=(other,), intent="return-request") != {}


def test_a_quoted_clause_may_say_what_we_may_not() -> None:
    said = "We are sorry. “Fees apply.” Fees are not nice."
    checks = check_tone(
        said,
        "We are sorry. ",
        urgent=False,
        message="",
        phrases=[Phrase(text="fees", required=False)],
    )
    assert next(check for check in checks if "wording" in check.name).passed


def test_every_greeting_and_closing_of_the_bundled_writer_counts() -> None:
    words = load_phrases("replies")
    greetings = [text for texts in words["greetings"].values() for text in texts]
    closings = [text for texts in words["closings"].values() for text in texts]
    assert [text for text in greetings if not GREETING.search(text)] == []
    assert [text for text in closings if not CLOSING.search(text)] == []
    assert [text for text in words["thanks"]["urgent"] if not ACKNOWLEDGES.search(text)] == []
