"""Customers' messages: short, long, angry, misspelt, foreign, giving orders."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Any

from triage.focal.corpus.phrases import fill, load, split


def ticket(rng: Random, intent: str, urgent: bool, held_out: bool, plain: bool) -> str:
    """What a customer with this intent might write; ``plain`` keeps it readable."""
    if not plain and rng.random() < 0.02:
        return ""
    said = [_core(rng, intent, held_out, plain), *_around(rng, urgent, held_out)]
    if rng.random() < 0.12:
        other = rng.choice(list(load("intents")))
        said.append(rng.choice(["also ", "and ", "another thing: "]))
        said[-1] += _core(rng, other, held_out, True)
    rng.shuffle(said)
    text = _join(rng, _framed(rng, said, held_out))
    return _misspell(rng, text) if rng.random() < 0.3 else text


def _core(rng: Random, intent: str, held_out: bool, plain: bool) -> str:
    if not plain and rng.random() < 0.05:
        return _said(rng, load("tickets")["foreign"], held_out)
    return _said(rng, load("intents")[intent]["tickets"], held_out)


def _around(rng: Random, urgent: bool, held_out: bool) -> list[str]:
    odds = {
        "chatter": 0.35,
        "angry": 0.35 if urgent else 0.1,
        "polite": 0.1,
        "orders_to_machine": 0.06,
    }
    kinds = [kind for kind, chance in odds.items() if rng.random() < chance]
    return [_said(rng, load("tickets")[kind], held_out) for kind in kinds]


def _framed(rng: Random, said: list[str], held_out: bool) -> list[str]:
    words: dict[str, Any] = load("tickets")
    if rng.random() < 0.5:
        said = [_said(rng, words["openers"], held_out), *said]
    if rng.random() < 0.5:
        said = [*said, _said(rng, words["closers"], held_out)]
    return said


def _said(rng: Random, phrases: Sequence[str], held_out: bool) -> str:
    return fill(
        rng.choice(split(phrases, held_out)),
        {"item": item(rng, held_out), "order": _order_number(rng)},
    )


def item(rng: Random, held_out: bool) -> str:
    words = load("tickets")
    thing = rng.choice(split(words["things"], held_out))
    if rng.random() < 0.5:
        return str(thing)
    return f"{rng.choice(split(words['adjectives'], held_out))} {thing}"


def _order_number(rng: Random) -> str:
    number = str(rng.randrange(100, 10**7))
    return rng.choice(["#", "no. ", "ml-", "w", "", "order-"]) + number


def _join(rng: Random, said: list[str]) -> str:
    return rng.choice([". ", ". ", ", ", " ", "! ", "... ", "\n"]).join(said)


def _misspell(rng: Random, text: str) -> str:
    """A slip of the finger in about one word of eight."""
    return " ".join(
        _slip(rng, word) if len(word) > 3 and rng.random() < 0.12 else word for word in text.split()
    )


def _slip(rng: Random, word: str) -> str:
    at = rng.randrange(1, len(word) - 1)
    return rng.choice(
        [
            word[:at] + word[at + 1 :],
            word[:at] + word[at] + word[at:],
            word[:at] + word[at + 1] + word[at] + word[at + 2 :],
        ]
    )
