"""manage.py import_orders FILE"""

from collections.abc import Iterable

from tickets.importing.command import RowsCommand
from tickets.importing.orders import orders
from tickets.importing.rows import RowItem
from tickets.ingest import receive_order
from tickets.ingest.orders import COLUMNS


class Command(RowsCommand):
    help = f"Import orders from CSV (a row is a line) or JSON Lines: {', '.join(COLUMNS)}."
    what = "orders"
    columns = COLUMNS
    receive = staticmethod(receive_order)

    def prepared(self, items: Iterable[RowItem]) -> Iterable[RowItem]:
        return orders(items)
