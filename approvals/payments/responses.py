"""The answers a payment side can give, by what follows from each."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Paid:
    """The money is on its way back, under this reference."""

    reference: str


@dataclass(frozen=True)
class Declined:
    """It surely will not pay this; ``why`` is in its words."""

    why: str


@dataclass(frozen=True)
class NotReached:
    """It surely has done nothing, so that it can be asked again under the same key."""

    why: str


@dataclass(frozen=True)
class Unclear:
    """It may or may not have paid."""

    why: str


@dataclass(frozen=True)
class Unheard:
    """It says that it never heard of the key."""


Answer = Paid | Declined | NotReached | Unclear | Unheard


def sanitize_text(text: object) -> str:
    """A foreign text on one line, with printable characters only and at most 300 of them."""
    if not isinstance(text, str):
        return ""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:300]
