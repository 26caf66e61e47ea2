"""Saved replies: what people wrote once to answer a question, and when each wording holds.

Pure. What Zendesk calls a macro and Help Scout a saved reply, with its conditions as data.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import IntEnum


@dataclass(frozen=True, kw_only=True)
class Condition:
    """What the rows of the order have to say; what is empty or None asks nothing.

    ``states`` are keys of ``order_status.STATUSES``. ``days_since_delivery`` and
    ``days_since_purchase`` are (least, most) in days, each None for no limit. ``late``: the
    promised day has passed without a delivery. ``final_sale`` and ``categories`` are of the lines
    that are meant, ``refunded`` of the order's money, ``channels`` of the ticket.
    """

    states: tuple[str, ...] = ()
    days_since_delivery: tuple[int | None, int | None] = (None, None)
    days_since_purchase: tuple[int | None, int | None] = (None, None)
    late: bool | None = None
    final_sale: bool | None = None
    refunded: bool | None = None
    categories: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Wording:
    """One answer: ``text`` with {names} of facts in it, and the ``condition`` under which it holds.

    ``clause`` is the reference of what it rests on and ``clause_sha256`` the digest of that text as
    people read it, ``task`` what a person has to do before it is sent; empty for nothing.
    ``language`` is its ISO 639 code, empty for English.
    """

    text: str
    condition: Condition = Condition()
    clause: str = ""
    clause_sha256: str = ""
    task: str = ""
    language: str = ""


@dataclass(frozen=True, kw_only=True)
class SavedReply:
    """An answer to one question, in one or several wordings.

    ``questions`` are examples of how customers ask it, ``intents`` the labels it is for, none for
    all of them. ``revision`` counts its changes.
    """

    slug: str
    title: str
    questions: tuple[str, ...]
    wordings: tuple[Wording, ...]
    intents: tuple[str, ...] = ()
    revision: int = 1

    def list_wordings(self, language: str = "") -> tuple[Wording, ...]:
        """Those in a language, in English unless told otherwise."""
        return tuple(one for one in self.wordings if one.language == language)

    @property
    def ref(self) -> str:
        """How receipts name it, with its revision."""
        return f"reply:{self.slug}@{self.revision}"


@dataclass(frozen=True, kw_only=True)
class SentAnswer:
    """What a person once wrote to a question like it: ``ref`` is the message, ``text`` is without
    the courtesies and values of that time.
    """

    ref: str
    text: str


class Fit(IntEnum):
    """Whether a reply is for the label of a message: surely not, or, where nobody is sure of the
    label, perhaps or likely.
    """

    NO = 0
    PERHAPS = 1
    LIKELY = 2


def compute_text_sha256(text: str) -> str:
    """The digest of a clause's text, whatever its line breaks and blanks."""
    return hashlib.sha256(" ".join(text.split()).encode()).hexdigest()
