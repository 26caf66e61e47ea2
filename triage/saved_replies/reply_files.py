"""Saved replies as a file: TOML, a table a reply and one a wording."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from triage.contract.languages import REPLY_LANGUAGES
from triage.contract.order_status import STATE_WORDS
from triage.contract.saved_reply import Condition, SavedReply, Wording
from triage.contract.wording_slots import find_unknown_fields

STARTER: Final = Path(__file__).with_name("starter.toml")
"""What any shop can say of an order by its rows alone."""
KNOWN_KEYS: Final = frozenset(
    "text clause task language states late final_sale refunded categories channels"
    " min_days_since_delivery max_days_since_delivery min_days_since_purchase"
    " max_days_since_purchase".split()
)


class ReplyFileError(ValueError):
    """A file of saved replies that cannot be used; nothing of it was kept."""


def read_replies(path: Path) -> tuple[SavedReply, ...]:
    """The replies of a file in their order. Raises ReplyFileError, which names the reply."""
    try:
        tables = tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ReplyFileError(f"{path.name} cannot be read: {error}.") from error
    return tuple(_iter_replies(tables.get("reply", ())))


def _iter_replies(tables: Any) -> Iterator[SavedReply]:
    seen = set[str]()
    for place, table in enumerate(tables, 1):
        name = table.get("slug") or f"number {place}"
        missing = [key for key in ("slug", "title", "questions", "wording") if not table.get(key)]
        if missing:
            raise ReplyFileError(f"Reply {name}: {missing[0]} is missing.")
        if name in seen:
            raise ReplyFileError(f"Reply {name} stands there twice: leave one of them out.")
        seen.add(name)
        yield SavedReply(
            slug=table["slug"],
            title=table["title"],
            questions=tuple(table["questions"]),
            intents=tuple(table.get("intents", ())),
            wordings=tuple(_build_wording(name, wording) for wording in table["wording"]),
        )


def _build_wording(name: str, table: Mapping[str, Any]) -> Wording:
    if strange := set(table) - KNOWN_KEYS:
        raise ReplyFileError(f"Reply {name}: no wording has a {min(strange)}.")
    if unknown := find_unknown_fields(table.get("text", "")):
        raise ReplyFileError(f"Reply {name}: there is no value {{{unknown[0]}}}.")
    if strange := set(table.get("states", ())) - set(STATE_WORDS):
        raise ReplyFileError(f"Reply {name}: an order is never “{min(strange)}”.")
    if table.get("language", "") not in ("", *REPLY_LANGUAGES):
        raise ReplyFileError(f"Reply {name}: no reply is sent in “{table['language']}”.")
    return Wording(
        text=table["text"],
        language=table.get("language", ""),
        clause=table.get("clause", ""),
        task=table.get("task", ""),
        condition=_build_condition(table),
    )


def _build_condition(table: Mapping[str, Any]) -> Condition:
    return Condition(
        states=tuple(table.get("states", ())),
        days_since_delivery=(
            table.get("min_days_since_delivery"),
            table.get("max_days_since_delivery"),
        ),
        days_since_purchase=(
            table.get("min_days_since_purchase"),
            table.get("max_days_since_purchase"),
        ),
        late=table.get("late"),
        final_sale=table.get("final_sale"),
        refunded=table.get("refunded"),
        categories=tuple(table.get("categories", ())),
        channels=tuple(table.get("channels", ())),
    )
