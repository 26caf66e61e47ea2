"""What people may say about a refund."""

from __future__ import annotations

from decimal import Decimal

from django import forms

from approvals.models import Decision
from tickets.models import Order, Ticket


class DecisionForm(forms.Form):
    """A verdict with its reason, bound to what the person saw."""

    verdict = forms.ChoiceField(
        choices=Decision.Verdict.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Please choose one."},
    )
    reason = forms.CharField(
        max_length=2_000,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": "Please say why: the reason stays with the decision."},
    )
    seen = forms.CharField(max_length=64, widget=forms.HiddenInput)


class PaidForm(forms.Form):
    """The reference the payment side gave."""

    reference = forms.CharField(
        max_length=120,
        label="Payment reference",
        error_messages={"required": "Please give the reference of the payment."},
    )


class OrderChoice(forms.ModelChoiceField):  # type: ignore[type-arg]
    """Orders by number and state."""

    def label_from_instance(self, obj: Order) -> str:
        return f"{obj.number} ({obj.get_status_display().lower()}, {obj.currency})"


class RequestForm(forms.Form):
    """A refund an agent asks for by hand."""

    order = OrderChoice(queryset=Order.objects.none(), empty_label="Choose an order")
    remedy = forms.ChoiceField(
        choices=[("refund", "Money back"), ("store credit", "Store credit")], initial="refund"
    )
    amount = forms.DecimalField(
        min_value=Decimal("0.01"), max_digits=12, decimal_places=2, label="Amount"
    )
    reason = forms.CharField(
        max_length=2_000, label="Why", widget=forms.Textarea(attrs={"rows": 4})
    )

    def __init__(self, *args: object, ticket: Ticket, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        if ticket.customer:
            orders = ticket.customer.orders.order_by("-placed_at", "-id")
            self.fields["order"].queryset = orders  # type: ignore[attr-defined]
