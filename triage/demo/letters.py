"""The demo shop's tickets as they were written, and how they are filled in.

Pure. The texts are in ``tickets/*.toml``; what one needs is a kind of order
(``order_dates.ORDER_KINDS``) or a word of ``EXTRA_NEEDS``.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Final

HERE = Path(__file__).parent

EXTRA_NEEDS: Final = {
    "final sale": "delivered recently",
    "several orders": "delivered recently",
    "other order": "delivered recently",
}
"""Needs beyond a kind of order -> the kind of order that serves them."""

NEEDS_WITHOUT_ORDER: Final = frozenset({"none", "unknown sender"})
"""Needs that no order serves."""


@dataclass(frozen=True, kw_only=True)
class Letter:
    """One hand-written ticket.

    ``labels`` are its true intents ("none" where it asks for nothing), ``item`` the
    code of the product its order must lead with, in that ``quantity`` and ``size``,
    ``also`` the codes of others, ``country`` where its writer lives, ``sender`` a
    name and address for people the shop does not know, ``photo`` whether a picture came too.
    """

    external_id: str
    subject: str
    body: str
    labels: tuple[str, ...]
    needs: str
    item: str = ""
    quantity: int = 1
    size: str = ""
    also: tuple[str, ...] = ()
    country: str = ""
    sender: str = ""
    channel: str = ""
    photo: bool = False

    @property
    def kind(self) -> str:
        """The kind of order it needs, or an empty string."""
        return "" if self.needs in NEEDS_WITHOUT_ORDER else EXTRA_NEEDS.get(self.needs, self.needs)

    @property
    def has_order_reference(self) -> bool:
        """Whether it says which order it is about, rightly or wrongly, or means not to."""
        text = self.subject + self.body
        vague = self.needs in {"several orders", "other order"} or bool(self.sender)
        return vague or "{order}" in text or "{wrong}" in text

    def fill_placeholders(self, values: Mapping[str, str]) -> tuple[str, str]:
        """Subject and body with the placeholders replaced; KeyError names a missing one."""
        return self.subject.format_map(values), self.body.strip().format_map(values)


@cache
def load_letters() -> tuple[Letter, ...]:
    """Every letter, numbered in the order of the files."""
    found: list[Letter] = []
    for path in sorted((HERE / "tickets").glob("*.toml")):
        for entry in tomllib.loads(path.read_text(encoding="utf-8"))["ticket"]:
            intent, also = entry.pop("intent"), tuple(entry.pop("also", ()))
            found.append(
                Letter(
                    external_id=f"T-{len(found) + 1:04d}",
                    also=also,
                    labels=(intent,) if isinstance(intent, str) else tuple(intent),
                    **entry,
                )
            )
    return tuple(found)


def format_spoken_date(day: date, country: str) -> str:
    """A day as people write it where they live, without the year."""
    if country in {"DE", "PL"}:
        return f"{day.day}.{day.month}."
    if country in {"FR", "ES"}:
        return f"{day.day}/{day.month}"
    return f"{day.day} {day:%B}"
