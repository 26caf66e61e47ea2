"""The dimensions by which tickets are split into subgroups, and their names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import connection
from django.db.models import Count

from tickets.models import Payment
from tickets.templatetags.show import language, money

DIMENSIONS = (
    (
        "language",
        "Language of the message",
        "English is read by one model, twelve other languages by another, and the rest by "
        "people: here it shows what that costs whom. A message of a word or two is not clear.",
    ),
    ("length", "Length of the message", ""),
    ("spelling", "Misspelt words", "In English, that were read as words of your examples."),
    ("channel", "Way in", ""),
    ("age", "Customer for how long", "On the day the ticket arrived."),
    ("spend", "What the customer has paid so far", "Customers of these tickets in three thirds."),
)
GROUP_ORDER: Mapping[str, Sequence[str]] = {
    "length": ("to 100", "to 300", "to 1000", "over 1000"),
    "spelling": ("as usual", "one", "several", "elsewhere"),
    "age": ("stranger", "unknown", "month", "year", "three years", "longer"),
    "spend": ("stranger", "nothing", "lower", "middle", "upper", "elsewhere"),
}
GROUP_NAMES: Mapping[tuple[str, str], str] = {
    ("language", ""): "Not clear",
    ("length", "to 100"): "Up to 100 characters",
    ("length", "to 300"): "101 to 300",
    ("length", "to 1000"): "301 to 1,000",
    ("length", "over 1000"): "Over 1,000",
    ("spelling", "as usual"): "None",
    ("spelling", "one"): "One",
    ("spelling", "several"): "Two and more",
    ("spelling", "elsewhere"): "Not in English",
    ("channel", "email"): "E-mail",
    ("channel", "form"): "Contact form",
    ("channel", "import"): "Imported",
    ("age", "stranger"): "No customer we know",
    ("age", "unknown"): "Since when is not known",
    ("age", "month"): "Under 30 days",
    ("age", "year"): "30 days to a year",
    ("age", "three years"): "One to three years",
    ("age", "longer"): "Over three years",
    ("spend", "stranger"): "No customer we know",
    ("spend", "nothing"): "Nothing yet",
    ("spend", "elsewhere"): "In another currency",
}
SPEND_THIRDS_SQL = """
    WITH paid AS (
        SELECT purchase.customer_id, sum(payment.amount) AS amount
        FROM tickets_payment payment
        JOIN tickets_order purchase ON purchase.id = payment.order_id
        WHERE payment.kind = 'capture' AND purchase.currency = %(currency)s
        AND purchase.customer_id IN (
            SELECT customer_id FROM tickets_ticket WHERE received_at >= %(since)s
        )
        GROUP BY purchase.customer_id
    )
    SELECT percentile_disc(ARRAY[1/3.0, 2/3.0]) WITHIN GROUP (ORDER BY amount) FROM paid
"""


@dataclass(frozen=True)
class SpendThirds:
    """The shop's most used currency, and the two amounts in it that split its customers into
    thirds by what they have paid.
    """

    currency: str
    lower: Decimal
    upper: Decimal


def compute_spend_thirds(since: datetime) -> SpendThirds:
    """Compute the thirds by spend among customers whose tickets arrived since then."""
    usual = Payment.objects.values("order__currency").annotate(many=Count("pk")).order_by("-many")
    found = usual.first()
    currency = found["order__currency"] if found else ""
    with connection.cursor() as cursor:
        cursor.execute(SPEND_THIRDS_SQL, {"currency": currency, "since": since})
        (thirds,) = cursor.fetchone()
    lower, upper = thirds or (Decimal(0), Decimal(0))
    return SpendThirds(currency=currency, lower=lower, upper=upper)


def get_group_name(side: str, value: str, spend: SpendThirds) -> str:
    """A subgroup's display name: ``side`` is the dimension's key, ``value`` the group's."""
    if side == "spend" and value in ("lower", "middle", "upper"):
        lower, upper = (money(amount, spend.currency) for amount in (spend.lower, spend.upper))
        return {
            "lower": f"Up to {lower}",
            "middle": f"Over {lower}, up to {upper}",
            "upper": f"Over {upper}",
        }[value]
    if known := GROUP_NAMES.get((side, value)):
        return known
    return language(value) if side == "language" else value
