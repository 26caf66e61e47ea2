"""Phrases with gaps: what each sign of the notation finds, and what it does not."""

from __future__ import annotations

import re
from time import process_time

import pytest

from triage.guardrails.commitments.commitment_book import COMMITMENT_BOOK, LISTS
from triage.guardrails.phrase_patterns import FIGURES, FIXED, PhraseBook

MAX_SECONDS_A_SENTENCE = 5.0


def find(phrase: str, text: str, **lists: tuple[str, ...]) -> str | None:
    """What a phrase finds in a text."""
    found = PhraseBook({"phrase": (phrase,), **lists}).compile_list("phrase").search(text)
    return found.group() if found else None


@pytest.mark.parametrize(
    ("phrase", "text", "found"),
    [
        ("refund", "a Refund.", "Refund"),
        ("refund", "refunds", None),
        ("refund~", "refunded", "refunded"),
        ("suggest_", "suggest", None),
        ("~ed", "we refunded", "ed"),
        ("_ back", "send it back", "it back"),
        ("send/sent it", "we sent it", "sent it"),
        ("you (also) get", "you get", "you get"),
        ("you (also/will now) get", "you will now get", "you will now get"),
        ("(very) good", "very good", "very good"),
        ("money … back", "money will come back", "money will come back"),
        ("money … back", "money, come back", None),
        ("money …4 back", "money will come back", None),
        ("money …(;) back", "money, come back", "money, come back"),
        ("we'll pay", "we’ll pay", "we’ll pay"),
        ("<start> pay", "— pay", "— pay"),
        ("<start> pay", "we pay", None),
        ("pay <end>", "we pay.", "pay."),
        ("give <percentage> back", "give 10 % back", "give 10 % back"),
        ("give … <percentage>", "give you 10%", "give you 10%"),
        ("<percentage> back", "1000 % back", None),
    ],
)
def test_a_phrase_finds_what_its_signs_say(phrase: str, text: str, found: str | None) -> None:
    assert find(phrase, text) == found


@pytest.mark.parametrize(
    ("phrase", "text", "found"),
    [
        ("<who> pay", "they pay", "they pay"),
        ("<maybe who> pay", "pay", "pay"),
        ("pay <any who> back", "pay we they back", "pay we they back"),
        ("pay <up to 1 who> back", "pay we they back", None),
        ("pay <not who>", "pay they", None),
        ("pay <not who>", "pay now", "pay"),
        ("pay <then who>", "pay they", "pay"),
        ("<who> pay", "theypay", None),
    ],
)
def test_a_list_stands_for_each_of_its_phrases(phrase: str, text: str, found: str | None) -> None:
    assert find(phrase, text, who=("we", "they")) == found


def test_an_apostrophe_is_straight_where_only_that_is_wanted() -> None:
    book = PhraseBook({"french": ("n'",)}, any_apostrophe=False)
    assert book.compile_list("french").search("il n'est")
    assert not book.compile_list("french").search("il n’est")


def test_every_list_of_the_lexicon_can_be_compiled() -> None:
    for name in LISTS:
        assert COMMITMENT_BOOK.build_pattern(name)


def test_a_phrase_refers_to_lists_that_are_there() -> None:
    said = " ".join(phrase for phrases in LISTS.values() for phrase in phrases)
    named = set(re.findall(r"<(?:\w+ )*?(\w+)>", said))
    assert named <= {*LISTS, *FIXED, *FIGURES, "_"}


def test_a_long_sentence_of_nothing_but_beginnings_is_read_in_time() -> None:
    hostile = ("we will now you will pay the money your " * 15)[:600]
    began = process_time()
    COMMITMENT_BOOK.compile_list("commitment", "money_to_customer").search(hostile)
    assert process_time() - began < MAX_SECONDS_A_SENTENCE
