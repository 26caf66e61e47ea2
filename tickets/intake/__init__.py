"""Intake: mails, forms and rows of other systems become rows of ours, once.

Every ``receive_…`` is one transaction and idempotent: the same again changes nothing and
returns that. New and answered tickets are queued for the machine in that transaction.
"""

from tickets.intake.customers import receive_customer
from tickets.intake.fields import BadRow
from tickets.intake.mails import receive_mail
from tickets.intake.offers import receive_offer
from tickets.intake.orders import receive_order
from tickets.intake.outcome import Effect, Outcome
from tickets.intake.posts import receive_form, receive_ticket

__all__ = [
    "BadRow",
    "Effect",
    "Outcome",
    "receive_customer",
    "receive_form",
    "receive_mail",
    "receive_offer",
    "receive_order",
    "receive_ticket",
]
