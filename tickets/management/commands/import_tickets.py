"""manage.py import_tickets FILE"""

from tickets.importing.command import RowsCommand
from tickets.ingest import receive_ticket
from tickets.ingest.posts import COLUMNS


class Command(RowsCommand):
    help = f"Import tickets from CSV or JSON Lines: {', '.join(COLUMNS)}."
    what = "tickets"
    columns = COLUMNS
    receive = staticmethod(receive_ticket)
