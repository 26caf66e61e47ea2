"""manage.py import_customers FILE"""

from tickets.intake.customers import COLUMNS, list_customer_keys, receive_customers
from tickets.intake.files.command import RowsCommand


class Command(RowsCommand):
    help = f"Import customers from CSV or JSON Lines: {', '.join(COLUMNS)}."
    what = "customers"
    columns = COLUMNS
    receive = staticmethod(receive_customers)
    list_keys = staticmethod(list_customer_keys)
