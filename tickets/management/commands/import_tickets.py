"""manage.py import_tickets FILE"""

from collections.abc import Iterable, Sequence

from tickets.intake import conversations, posts
from tickets.intake.exports import is_exported
from tickets.intake.fields import Row
from tickets.intake.files.command import RowsCommand
from tickets.intake.outcome import Received

COLUMNS = [*posts.COLUMNS, *conversations.COLUMNS]


def receive_rows(rows: Sequence[Row]) -> list[Received]:
    """Each row as a new ticket, or as a conversation where it tells what was answered."""
    past = [conversations.is_conversation(row) for row in rows]
    told = iter(conversations.receive_conversations(_select_rows(rows, past)))
    new = iter(posts.receive_tickets(_select_rows(rows, [not each for each in past])))
    return [next(told) if each else next(new) for each in past]


def _select_rows(rows: Sequence[Row], wanted: Sequence[bool]) -> list[Row]:
    return [row for row, each in zip(rows, wanted, strict=True) if each]


def list_keys(row: Row) -> list[str]:
    """What no two rows of one batch have."""
    known = conversations.list_conversation_keys, posts.list_ticket_keys
    return known[not conversations.is_conversation(row)](row)


class Command(RowsCommand):
    help = (
        "Import tickets from CSV or JSON Lines, new ones and conversations of the past: "
        f"{', '.join(COLUMNS)}; or a line each from Zendesk's JSON export, Freshdesk's API v2 or "
        "Help Scout's Mailbox API 2.0."
    )
    what = "tickets"
    columns = COLUMNS
    receive = staticmethod(receive_rows)
    list_keys = staticmethod(list_keys)

    def list_known_names(self, row: Row) -> Iterable[str]:
        """What is in a row of another helpdesk is its own business."""
        return row if is_exported(row) else COLUMNS
