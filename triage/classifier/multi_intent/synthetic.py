"""Two examples in one text, in the ways people do it.

There are few labelled texts with two matters, so they are made. Learning and measuring use
different phrases.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

STORY_FORMS = ("{s} {A} {t}", "{A} {t}", "{s} {t} {A}")  # one matter with a story


@dataclass(frozen=True)
class Phrases:
    """Ways to join two texts by name, and sentences that ask for nothing.

    In a way, A and B are whole sentences, a and b go on in the middle of one, s and t are
    sentences that ask for nothing.
    """

    ways: Mapping[str, tuple[str, ...]]
    asides: tuple[str, ...]


TRAINING_PHRASES = Phrases(
    ways={
        "sentences": ("{A} {B}",),
        "connective": ("{A} Also, {b}", "{A} Besides that, {b}", "{A} One more thing: {b}"),
        "clause": ("{a} and {b}", "{a}, and also {b}", "{a}, {b}"),
        "bare": ("{a} {b}",),
        "lines": ("{A}\n\n{B}", "1) {A}\n2) {B}"),
        "story": ("{s} {A} {t} {B}", "{A} {s} {t} {B}", "{s} {A} {B} {t}"),
    },
    asides=(
        "Hello, I hope you are well.",
        "I have been a customer of yours for many years.",
        "Sorry for the long message, it has been a busy week.",
        "We moved house last month and everything is still in boxes.",
        "My sister told me to write to you.",
        "I was on holiday until yesterday and only saw this now.",
        "Normally everything works without any trouble.",
        "I tried to ring this morning but nobody answered.",
        "Thanks for your help, and have a nice day.",
        "It is my daughter's birthday on Saturday and the whole family is coming.",
        "I am writing from my phone, so please excuse the spelling.",
        "My neighbour has had the same and she told me to be patient.",
        "I usually do all of this on my laptop at home.",
        "Best regards, and thank you in advance.",
    ),
)
EVALUATION_PHRASES = Phrases(
    ways={
        "sentences": ("{A} {B}",),
        "connective": ("{A} Another thing: {b}", "{A} Two things, really: {b}", "{A} Oh and {b}"),
        "clause": ("{a} and also {b}", "{a}, plus {b}", "{a}, also {b}"),
        "bare": ("{a} {b}",),
        "lines": ("- {A}\n- {B}", "{A}\n{B}"),
        "story": ("{s} {A} {t} {B}", "{A} {s} {t} {B}", "{s} {A} {B} {t}"),
    },
    asides=(
        "Good evening everybody.",
        "I have always been happy with you so far.",
        "As you can imagine, the past days have been rather hectic here.",
        "We came back from my parents' place late on Sunday evening.",
        "My husband said that I should simply ask.",
        "I am no expert in these things, so please bear with me.",
        "The weather has been awful and I have hardly left the house.",
        "A friend of mine recommended you a while ago.",
        "Looking forward to your reply, have a lovely weekend.",
        "I sat down with a cup of tea to write this properly.",
        "My colleague at work could not tell me either.",
        "Many thanks and kind regards to the team.",
    ),
)


def join_texts(one: str, other: str, way: str, phrases: Phrases, random: Any) -> str:
    """Two texts joined into one, in one of the ways of that name."""
    return _fill_form(str(random.choice(phrases.ways[way])), one, other, phrases, random)


def wrap_in_story(one: str, phrases: Phrases, random: Any) -> str:
    """A text placed among sentences that ask for nothing."""
    return _fill_form(str(random.choice(STORY_FORMS)), one, "", phrases, random)


def _fill_form(form: str, one: str, other: str, phrases: Phrases, random: Any) -> str:
    aside, second = random.choice(phrases.asides, 2, replace=False)
    return form.format(
        A=_make_sentence(one),
        B=_make_sentence(other),
        a=_make_continuation(one),
        b=_make_continuation(other),
        s=aside,
        t=second,
    )


def _make_sentence(text: str) -> str:
    text = text.strip()
    return text[:1].upper() + text[1:] + ("" if text[-1:] in ".!?" else ".")


def _make_continuation(text: str) -> str:
    text = text.strip().rstrip(".!?, ")
    return text if text[:2] in ("I ", "I'") else text[:1].lower() + text[1:]


def draw_pairs(labels: Sequence[str], count: int, random: Any) -> list[tuple[int, int]]:
    """Up to ``count`` random pairs of rows with two different intents; "" is none."""
    ours = np.flatnonzero([bool(label) for label in labels])
    drawn = random.choice(ours, (count * 4, 2))
    return [(int(i), int(j)) for i, j in drawn if labels[i] != labels[j]][:count]
