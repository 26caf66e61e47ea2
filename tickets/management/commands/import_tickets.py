"""manage.py import_tickets FILE"""

from tickets.intake.files.command import RowsCommand
from tickets.intake.posts import COLUMNS, list_ticket_keys, receive_tickets


class Command(RowsCommand):
    help = f"Import tickets from CSV or JSON Lines: {', '.join(COLUMNS)}."
    what = "tickets"
    columns = COLUMNS
    receive = staticmethod(receive_tickets)
    list_keys = staticmethod(list_ticket_keys)
