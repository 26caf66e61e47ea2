"""The forms of the refund pages: decisions, payments, answers and requests by hand."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.models import User

from approvals import separation_of_duties
from approvals.models import Decision, Refund
from tickets.models import Order, Ticket
from tickets.models.amounts import MONEY_FIELD_OPTIONS, find_amount_problem


class DecisionForm(forms.Form):
    """A verdict with its reason, bound to what the person saw."""

    verdict = forms.ChoiceField(
        choices=Decision.Verdict.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Please choose one."},
    )
    sure = forms.MultipleChoiceField(required=False, widget=forms.CheckboxSelectMultiple)
    reason_code = forms.ChoiceField(
        choices=[("", "Choose one"), *Decision.ReasonCode.choices],
        required=False,
        label="If you reject it: why",
    )
    reason = forms.CharField(
        max_length=2_000,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": "Please say why: the reason stays with the decision."},
    )
    seen = forms.CharField(max_length=64, widget=forms.HiddenInput)
    look = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, refund: Refund, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        conditions = [(words, words) for words in refund.conditions]
        self.fields["sure"].choices = conditions  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if said.get("verdict") == Decision.Verdict.REJECT and not said.get("reason_code"):
            self.add_error("reason_code", "Please choose why it is refused.")
        choices = {words for words, _ in self.fields["sure"].choices}  # type: ignore[attr-defined]
        if said.get("verdict") == Decision.Verdict.APPROVE and choices - set(said.get("sure", [])):
            self.add_error("sure", "To approve, tick each of these. If you are not sure, ask.")
        return said


class HandOverForm(forms.Form):
    """A colleague who may decide, or everybody, and why."""

    to = forms.ModelChoiceField(
        queryset=User.objects.none(), required=False, empty_label="Everybody who may decide"
    )
    why = forms.CharField(
        max_length=300,
        label="Why",
        error_messages={"required": "Please say why: your colleague reads it."},
    )

    def __init__(self, *args: Any, refund: Refund, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        to: Any = self.fields["to"]
        people = separation_of_duties.list_eligible_approvers(refund)
        if self.is_bound:
            to.queryset = User.objects.filter(pk__in=[person.pk for person in people]).order_by(
                "username"
            )
        else:
            to.choices = [("", to.empty_label), *((person.pk, str(person)) for person in people)]


class AnswerForm(forms.Form):
    """What an agent answers to the question a request was sent back with."""

    answer = forms.CharField(
        max_length=2_000,
        label="Your answer",
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Please write an answer to the question."},
    )


class PaidForm(forms.Form):
    """The reference the payment side gave."""

    reference = forms.CharField(
        max_length=120,
        label="Payment reference",
        error_messages={"required": "Please give the reference of the payment."},
    )


class TakeBackForm(forms.Form):
    """Why an approval is taken back before it is paid."""

    why = forms.CharField(
        max_length=500,
        label="Why",
        error_messages={"required": "Please say why: it stays with the refund."},
    )


class SettleForm(forms.Form):
    """How a payment went that nobody was told about, as a person found at the payment side."""

    paid = forms.TypedChoiceField(
        choices=[("yes", "It was paid"), ("no", "It was surely not paid")],
        coerce=lambda said: said == "yes",
        widget=forms.RadioSelect,
        error_messages={"required": "Please choose one."},
    )
    reference = forms.CharField(
        required=False, max_length=120, label="Payment reference, if it was paid"
    )
    why = forms.CharField(
        max_length=500,
        label="How you know",
        error_messages={"required": "Please say how you know: it stays with the payment."},
    )

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if said.get("paid") and not said.get("reference"):
            self.add_error("reference", "Please give the reference of the payment.")
        return said


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
    amount = forms.DecimalField(min_value=0, **MONEY_FIELD_OPTIONS, label="Amount")
    reason = forms.CharField(
        max_length=2_000, label="Why", widget=forms.Textarea(attrs={"rows": 4})
    )

    def __init__(self, *args: object, ticket: Ticket, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        if ticket.customer:
            orders = ticket.customer.orders.order_by("-placed_at", "-id")
            self.fields["order"].queryset = orders  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        order, amount = said.get("order"), said.get("amount")
        if amount is not None and amount <= 0:
            self.add_error("amount", "Please write an amount above nothing.")
        elif order and amount and (problem := find_amount_problem(amount, order.currency)):
            self.add_error("amount", f"That cannot be paid: {problem}.")
        return said


class ConfirmAccountForm(forms.Form):
    """How a colleague knows whose hands an account is in, and up to which change."""

    why = forms.CharField(max_length=300)
    covers = forms.IntegerField(widget=forms.HiddenInput)
