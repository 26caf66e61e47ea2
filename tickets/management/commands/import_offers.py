"""manage.py import_offers FILE"""

from tickets.intake import receive_offer
from tickets.intake.files.command import RowsCommand
from tickets.intake.offers import COLUMNS


class Command(RowsCommand):
    help = f"Import what the shop sells now from CSV or JSON Lines: {', '.join(COLUMNS)}."
    what = "offers"
    columns = COLUMNS
    receive = staticmethod(receive_offer)
