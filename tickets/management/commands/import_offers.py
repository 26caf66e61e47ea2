"""manage.py import_offers FILE"""

from tickets.intake.files.command import RowsCommand
from tickets.intake.offers import COLUMNS, list_offer_keys, receive_offers


class Command(RowsCommand):
    help = f"Import what the shop sells now from CSV or JSON Lines: {', '.join(COLUMNS)}."
    what = "offers"
    columns = COLUMNS
    receive = staticmethod(receive_offers)
    list_keys = staticmethod(list_offer_keys)
