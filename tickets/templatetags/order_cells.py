"""The lines and payments of an order, drawn in one go: a customer may have dozens of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from tickets.models import Payment
from tickets.templatetags import show

register = template.Library()

LINE = '<li id="line-{}"><span>{} × {}{}</span><span class="mono">{}{}</span></li>'  # noqa: RUF001
PAYMENT = '<li class="sum-{}" id="payment-{}"><span>{}{}{}</span><span class="mono">{}</span></li>'
FINAL_SALE = format_html(" <em>{}</em>", "final sale")


@register.filter
def draw_lines(order: Any) -> SafeString:
    """The ``line_rows`` of an order as items of a list."""
    return format_html_join("", LINE, _iter_lines(order))


@register.filter
def draw_payments(order: Any) -> SafeString:
    """The ``payment_rows`` of an order as items of a list."""
    return format_html_join("", PAYMENT, _iter_payments(order))


def _iter_lines(order: Any) -> Iterator[tuple[object, ...]]:
    for line in order.line_rows:
        price = show.money(line.unit_price, order.currency)
        final = FINAL_SALE if line.final_sale else ""
        each = " each" if line.quantity > 1 else ""
        yield line.pk, line.quantity, line.name, final, price, each


def _iter_payments(order: Any) -> Iterator[tuple[object, ...]]:
    for payment in order.payment_rows:
        said = "Given back" if payment.kind == Payment.Kind.REFUND else "Paid"
        at = f" {show.day(payment.at)}" if payment.at else ""
        method = f", {payment.method}" if payment.method else ""
        amount = show.money(payment.amount, order.currency)
        yield payment.kind, payment.pk, said, at, method, amount
