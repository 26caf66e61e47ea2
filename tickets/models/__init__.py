"""The record, one file a subject: the shop's rows, the tickets, the machine's work."""

from tickets.models.addresses import FailedAddress
from tickets.models.offers import Offer
from tickets.models.refused_mails import RefusedMail
from tickets.models.shop import Customer, Order, OrderLine, Payment
from tickets.models.ticket import Attachment, Message, Ticket
from tickets.models.work import Correction, Draft, Receipt, Run

__all__ = [
    "Attachment",
    "Correction",
    "Customer",
    "Draft",
    "FailedAddress",
    "Message",
    "Offer",
    "Order",
    "OrderLine",
    "Payment",
    "Receipt",
    "RefusedMail",
    "Run",
    "Ticket",
]
