"""manage.py import_orders FILE"""

from collections.abc import Iterable

from tickets.intake.files.command import RowsCommand
from tickets.intake.files.order_csv import group_order_rows
from tickets.intake.files.row_files import RowItem
from tickets.intake.orders import COLUMNS, list_order_keys, receive_orders


class Command(RowsCommand):
    help = f"Import orders from CSV (a row is a line) or JSON Lines: {', '.join(COLUMNS)}."
    what = "orders"
    columns = COLUMNS
    receive = staticmethod(receive_orders)
    list_keys = staticmethod(list_order_keys)

    def prepare_rows(self, items: Iterable[RowItem]) -> Iterable[RowItem]:
        return group_order_rows(items)
