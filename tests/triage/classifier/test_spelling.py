"""Misspelt words are read as the shop's own, for the label alone, and that is said."""

from __future__ import annotations

import random
import re

import pytest
from django.test import Client

from tests.support import shop_rows
from tests.support.run_rows import receipt, run_of
from triage.classifier.spelling import SpellingMender, load_english_words
from triage.signals.tfidf import learn_terms

EXAMPLES = (
    "activate my account",
    "please activate my account",
    "open my muscle product",
    "the muscle product of flexomix",
    "is flexomix a product for beginners",
    "the account of flexomix isn't open",
    "my account isn't open",
    "what do beginners receive",
    "did you receive my payment",
)


def mend(text: str) -> str:
    return SpellingMender(learn_terms(EXAMPLES), len(EXAMPLES)).mend(text).text


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("clear muscel product", "clear muscle product"),
        ("do you recieve it", "do you receive it"),
        ("fleximix for begginers", "flexomix for beginners"),
        ("Acount is locked", "account is locked"),
        ("A subject\nAcount is locked", "A subject\naccount is locked"),
    ],
)
def test_what_is_no_word_is_read_as_the_shops_nearest(written: str, read: str) -> None:
    assert mend(written) == read


@pytest.mark.parametrize(
    "text",
    [
        "deactivate my account",  # English, though near another word of the shop
        "it was unreceived",  # no word, and yet it says what it says
        "my account isnt open",  # people leave the mark out
        "my account isn't open",
        "is it for Beginer Jones",  # a name in the middle of a sentence
        "write to acount@shop.example",
        "zzzzzz qqqqq",
        "acc",
    ],
)
def test_what_is_a_word_or_near_to_none_stays(text: str) -> None:
    assert mend(text) == text


def test_what_was_read_otherwise_is_told_as_it_was_written() -> None:
    mended = SpellingMender(learn_terms(EXAMPLES), len(EXAMPLES)).mend("Recieve my acount")
    assert mended.words == {"Recieve": "receive", "acount": "account"}


def test_the_words_of_its_own_examples_are_never_changed() -> None:
    assert [mend(text) for text in EXAMPLES] == list(EXAMPLES)


def test_a_slip_of_the_finger_is_mended_more_often_than_not() -> None:
    """Every word of four letters and more, misspelt once: a letter too few, too many or swapped."""
    lot, words = random.Random(3), sorted({*re.findall(r"[a-z]{5,}", " ".join(EXAMPLES))})
    back = [mend(f"it is {slip(word, lot)}") == f"it is {word}" for word in words for _ in range(9)]
    assert sum(back) > 0.6 * len(back)


def slip(word: str, lot: random.Random) -> str:
    place = lot.randrange(1, len(word) - 1)
    return lot.choice(
        [
            word[:place] + word[place + 1 :],
            word[:place] + "x" + word[place:],
            word[:place] + word[place + 1] + word[place] + word[place + 2 :],
        ]
    )


def test_english_words_come_with_the_package() -> None:
    assert {"refund", "parcel", "deactivate"} < load_english_words()
    assert "recieve" not in load_english_words()


@pytest.mark.django_db
def test_ana_sees_as_what_a_misspelt_word_was_read(as_ana: Client) -> None:
    ticket = shop_rows.ticket("did you recieve it")
    output = {"label": "returns", "name": "returns", "mended": [["recieve", "receive"]]}
    receipt(run_of(ticket), "classify", label="returns", output=output)
    page = " ".join(as_ana.get(ticket.get_absolute_url()).content.decode().split())
    assert "“<bdi>recieve</bdi>” as “receive”" in page


@pytest.mark.django_db
def test_ana_sees_as_which_language_a_mail_was_read(as_ana: Client) -> None:
    ticket = shop_rows.ticket("Wo ist mein Paket?")
    output, promise = {"label": "late", "name": "late"}, {"language": "de", "sentence": "So."}
    receipt(run_of(ticket), "classify", label="late", output=output, promise=promise)
    page = " ".join(as_ana.get(ticket.get_absolute_url()).content.decode().split())
    assert "Read as German, by the model for other languages than English." in page
