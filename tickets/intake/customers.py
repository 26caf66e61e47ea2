"""Customers: rows of the shop, and whom an e-mail address belongs to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Lower

from tickets.intake import fields
from tickets.intake.fields import BadRow, Row
from tickets.intake.outcome import (
    Effect,
    Outcome,
    Received,
    acquire_advisory_lock,
    get_single,
    list_good,
    try_each,
)
from tickets.models import Customer, Ticket

COLUMNS = ["external_id", "name", "email", "since", "address"]


def find_customer_by_email(email: str) -> Customer | None:
    """The customer with this address, in any case; None where there is none."""
    return find_customers_by_email([email]).get(email)


def find_customers_by_email(emails: Iterable[str]) -> dict[str, Customer]:
    """The customer with each address, in any case; addresses that nobody has are left out."""
    said = set(emails) - {""}
    if not said:
        return {}
    lower = Customer.objects.annotate(lower=Lower("email"))
    owners = {one.lower: one for one in lower.filter(lower__in={each.lower() for each in said})}
    return {each: owners[each.lower()] for each in said if each.lower() in owners}


def find_customers(names: Iterable[str]) -> dict[str, Customer]:
    """The customer of each name, an external id or else an e-mail address; unknown ones lack."""
    said = set(names)
    found = {str(one.external_id): one for one in Customer.objects.filter(external_id__in=said)}
    return found | find_customers_by_email(said - found.keys())


@dataclass
class AddressBook:
    """The customers that a batch of rows may mean, as they are after each row of it."""

    by_id: dict[str, Customer]
    by_address: dict[str, Customer]

    @classmethod
    def load(cls, rows: Iterable[Mapping[str, Any]]) -> AddressBook:
        """Those with an external id or an address of these rows."""
        addresses = {row["email"].lower() for row in rows if row.get("email")}
        ids = [row["external_id"] for row in rows]
        known = Customer.objects.annotate(lower=Lower("email"))
        found = list(known.filter(Q(external_id__in=ids) | Q(lower__in=addresses)))
        return cls(
            {str(one.external_id): one for one in found if one.external_id},
            {one.lower: one for one in found if one.email},
        )

    def find_customer(self, values: Mapping[str, Any]) -> Customer | None:
        """Whom the row is about, None where they are new. Raises BadRow."""
        customer = self.by_id.get(values["external_id"])
        owner = self.by_address.get(values.get("email", "").lower())
        if owner is None or owner is customer:
            return customer
        if customer or owner.external_id:
            raise BadRow(
                f"email {values['email']} belongs to customer {owner.external_id or owner.pk} "
                "already: give each customer an address of their own, or none"
            )
        return owner

    def write_values(self, customer: Customer, values: Mapping[str, Any]) -> None:
        """Set the values, and find the customer by them from now on."""
        self.by_address.pop(customer.email.lower(), None)
        for name, value in values.items():
            setattr(customer, name, value)
        self.by_id[str(customer.external_id)] = customer
        if customer.email:
            self.by_address[customer.email.lower()] = customer


def receive_customer(row: Row) -> Outcome:
    """Keep one customer by external id; a field the row does not have stays as it is.

    Raises BadRow.
    """
    return get_single(receive_customers([row]))


@transaction.atomic
def receive_customers(rows: Sequence[Row]) -> list[Received]:
    """Keep customers of different ids and addresses, each as by ``receive_customer``, together."""
    read = try_each(_read_values, rows)
    acquire_advisory_lock("customers")
    book = AddressBook.load(list_good(read))
    changes = try_each(lambda values: _change_customer(book, values), read)
    updated = [one for one, effect in list_good(changes) if effect == Effect.UPDATED]
    created = [one for one, effect in list_good(changes) if effect == Effect.CREATED]
    Customer.objects.bulk_update(updated, COLUMNS)
    Customer.objects.bulk_create(created)
    _link_tickets([*updated, *created])
    return [each if isinstance(each, BadRow) else Outcome(each[1]) for each in changes]


def list_customer_keys(row: Row) -> list[str]:
    """What no two rows of one batch have: an id, or an address in any case."""
    said = [str(row.get(name) or "").strip() for name in ("external_id", "email")]
    return [said[0], said[1].lower()] if said[1] else [said[0]]


def _read_values(row: Row) -> dict[str, Any]:
    external_id = fields.read_text(row, "external_id", 120, required=True)
    fields.raise_if_not_utf8(row)
    readers: dict[str, Any] = {
        "name": lambda: fields.read_text(row, "name", 200),
        "email": lambda: fields.read_email(row, "email"),
        "since": lambda: fields.read_date(row, "since"),
        "address": lambda: fields.read_text(row, "address", 2_000),
    }
    values = {name: read() for name, read in readers.items() if name in row}
    return {"external_id": external_id, **values}


def _change_customer(book: AddressBook, values: dict[str, Any] | BadRow) -> tuple[Customer, Effect]:
    """The customer with the values of a row, not written yet. Raises BadRow."""
    if isinstance(values, BadRow):
        raise values
    known = book.find_customer(values)
    if known and all(getattr(known, name) == value for name, value in values.items()):
        return known, Effect.UNCHANGED
    customer = known or Customer()
    book.write_values(customer, values)
    return customer, Effect.UPDATED if known else Effect.CREATED


def _link_tickets(customers: Iterable[Customer]) -> None:
    """Give the customers the tickets of their addresses that came before they were known."""
    owners = {one.email.lower(): one for one in customers if one.email}
    lower = Ticket.objects.annotate(lower=Lower("email"))
    theirs = lower.filter(lower__in=owners, customer=None)
    for address in sorted(set(theirs.values_list("lower", flat=True))) if owners else ():
        theirs.filter(lower=address).update(customer=owners[address], revision=F("revision") + 1)
