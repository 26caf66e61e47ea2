"""manage.py import_offers FILE"""

from tickets.importing.command import RowsCommand
from tickets.ingest import receive_offer
from tickets.ingest.offers import COLUMNS


class Command(RowsCommand):
    help = f"Import what the shop sells now from CSV or JSON Lines: {', '.join(COLUMNS)}."
    what = "offers"
    columns = COLUMNS
    receive = staticmethod(receive_offer)
