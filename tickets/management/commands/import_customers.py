"""manage.py import_customers FILE"""

from tickets.importing.command import RowsCommand
from tickets.ingest import receive_customer
from tickets.ingest.people import COLUMNS


class Command(RowsCommand):
    help = f"Import customers from CSV or JSON Lines: {', '.join(COLUMNS)}."
    what = "customers"
    columns = COLUMNS
    receive = staticmethod(receive_customer)
