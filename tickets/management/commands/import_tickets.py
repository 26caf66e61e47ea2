"""manage.py import_tickets FILE"""

from tickets.intake import receive_ticket
from tickets.intake.files.command import RowsCommand
from tickets.intake.posts import COLUMNS


class Command(RowsCommand):
    help = f"Import tickets from CSV or JSON Lines: {', '.join(COLUMNS)}."
    what = "tickets"
    columns = COLUMNS
    receive = staticmethod(receive_ticket)
