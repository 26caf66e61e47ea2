"""manage.py import_customers FILE"""

from tickets.intake import receive_customer
from tickets.intake.customers import COLUMNS
from tickets.intake.files.command import RowsCommand


class Command(RowsCommand):
    help = f"Import customers from CSV or JSON Lines: {', '.join(COLUMNS)}."
    what = "customers"
    columns = COLUMNS
    receive = staticmethod(receive_customer)
