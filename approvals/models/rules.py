"""What a clause grants, in numbers, and who may approve how much."""

from __future__ import annotations

import pghistory
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q

from tickets.models.amounts import MONEY_FIELD_OPTIONS, MoneyField, raise_if_unpayable


def list_of_words(value: object) -> None:
    """Raises ValidationError unless it is a list of texts."""
    if not isinstance(value, list) or not all(isinstance(word, str) and word for word in value):
        raise ValidationError('Please write a list of words in quotes: ["first", "second"].')


@pghistory.track()
class RefundRule(models.Model):
    """What a clause grants, in numbers: the only thing that can propose an amount."""

    class Remedy(models.TextChoices):
        REFUND = "refund"
        CREDIT = "store credit"
        REPLACEMENT = "replacement"
        DIFFERENCE = "price difference"
        NONE = "none"

    class From(models.TextChoices):
        PURCHASE = "purchase"
        PROMISED = "promised"
        DELIVERY = "delivery"

    class Evidence(models.TextChoices):
        NOTHING = "", "nothing"
        PHOTO = "photo", "a photo"

    name = models.CharField(max_length=200, unique=True)
    active = models.BooleanField(default=True)
    position = models.PositiveIntegerField(
        default=100,
        help_text="Lower goes first; rules in one place that disagree are a question for a person",
    )
    intents = models.JSONField(
        default=list, validators=[list_of_words], help_text='Labels it covers: ["return-request"]'
    )
    categories = models.JSONField(
        default=list,
        blank=True,
        validators=[list_of_words],
        help_text='Product categories it covers, as they came with the orders: ["tents"]; '
        "empty for all",
    )
    clause = models.CharField(max_length=120, help_text="The clause that grants it: returns.window")
    exclusion_clause = models.CharField(
        max_length=120,
        blank=True,
        help_text="The clause that says what it does not cover: returns.final-sale",
    )
    remedy = models.CharField(max_length=20, choices=Remedy, default=Remedy.REFUND)
    window_days = models.PositiveIntegerField(null=True, blank=True)
    counts_from = models.CharField(max_length=10, choices=From, default=From.DELIVERY)
    effective_from = models.DateField()
    effective_to = models.DateField(null=True, blank=True, help_text="First day it no longer holds")
    currency = models.CharField(
        max_length=3, default="GBP", help_text="Of the amounts on this page: three letters"
    )
    fee_percent = models.DecimalField(max_digits=5, decimal_places=2, default=0)
    fee_amount = MoneyField(
        **MONEY_FIELD_OPTIONS,
        default=0,
        help_text="Kept back once from each refund, beside the percentage",
    )
    gives_back_postage = models.BooleanField(
        default=True, help_text="Delivery is paid back too where the whole order goes back"
    )
    whole_order = models.BooleanField(
        default=False,
        help_text="About an order as a whole (cancelled, late): no item has to be named",
    )
    only_whole = models.BooleanField(
        default=False, help_text="The whole order or nothing: no items of it alone"
    )
    statuses = models.JSONField(
        default=list,
        blank=True,
        validators=[list_of_words],
        help_text="Order states it covers; empty for all",
    )
    covers_final_sale = models.BooleanField(default=False)
    covers_opened = models.BooleanField(
        default=True, help_text="If not, the approver is told to be sure that it is unopened"
    )
    covers_used = models.BooleanField(
        default=True, help_text="If not, the approver is told to be sure that it is unused"
    )
    only_late = models.BooleanField(
        default=False, help_text="Only when the promised day has passed"
    )
    only_asked = models.BooleanField(
        default=False,
        help_text="Only where the message itself asks for it: to call it off, send it back, "
        "be paid",
    )

    evidence = models.CharField(
        max_length=10,
        choices=Evidence,
        default=Evidence.NOTHING,
        blank=True,
        help_text="What the customer has to send before anybody decides",
    )
    auto_up_to = MoneyField(
        **MONEY_FIELD_OPTIONS,
        default=0,
        help_text="Approved without a person up to this amount, if nothing at all is unclear; "
        "0 is never",
    )

    class Meta:
        ordering = ["position", "name"]
        constraints = [
            models.CheckConstraint(
                condition=Q(fee_amount__gte=0, auto_up_to__gte=0), name="rule_amounts_not_negative"
            ),
            models.CheckConstraint(
                condition=Q(currency__regex=r"^[A-Z]{3}$"), name="rule_has_a_currency"
            ),
            models.CheckConstraint(
                condition=Q(auto_up_to=0) | Q(remedy__in=["refund", "store credit"]),
                name="only_money_is_approved_by_itself",
            ),
            models.CheckConstraint(
                condition=Q(fee_percent__range=(0, 100)), name="fee_is_a_percentage"
            ),
            models.CheckConstraint(
                condition=Q(effective_to__isnull=True) | Q(effective_to__gt=F("effective_from")),
                name="rule_ends_after_it_begins",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        raise_if_unpayable(self, self.currency, "fee_amount", "auto_up_to")


@pghistory.track()
class RuleTier(models.Model):
    """Above an amount, a rule's refunds are decided by one group only, or by more people."""

    rule = models.ForeignKey(RefundRule, models.CASCADE, related_name="tiers")
    above = MoneyField(**MONEY_FIELD_OPTIONS)
    group = models.ForeignKey(
        Group, models.PROTECT, null=True, blank=True, help_text="Who decides; empty for any limit"
    )
    people = models.PositiveSmallIntegerField(default=1, help_text="How many have to approve")

    class Meta:
        ordering = ["rule", "above"]
        constraints = [
            models.CheckConstraint(condition=Q(people__range=(1, 3)), name="tier_needs_people"),
            models.CheckConstraint(condition=Q(above__gte=0), name="tier_not_negative"),
            models.UniqueConstraint(fields=["rule", "above"], name="one_tier_an_amount"),
        ]

    def __str__(self) -> str:
        who = self.group or "anyone with a limit"
        return f"{self.rule}, above {self.above}: {self.people} of {who}"

    def clean(self) -> None:
        if RuleTier.rule.is_cached(self) or self.rule_id:  # an inline of a new rule has one
            raise_if_unpayable(self, self.rule.currency, "above")


@pghistory.track()
class ApprovalLimit(models.Model):
    """Members of a group may approve up to an amount of a currency.

    Above the smallest ``two_above`` of any group it takes two people.
    """

    group = models.ForeignKey(Group, models.CASCADE, related_name="approval_limits")
    currency = models.CharField(max_length=3, default="GBP", help_text="Three letters, as in GBP")
    up_to = MoneyField(**MONEY_FIELD_OPTIONS)
    two_above = MoneyField(**MONEY_FIELD_OPTIONS)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(up_to__gte=0), name="limit_not_negative"),
            models.CheckConstraint(
                condition=Q(currency__regex=r"^[A-Z]{3}$"), name="limit_has_a_currency"
            ),
            models.UniqueConstraint(
                fields=["group", "currency"], name="one_limit_a_group_and_currency"
            ),
        ]

    def __str__(self) -> str:
        return (
            f"{self.group}: up to {self.up_to} {self.currency}, two people above {self.two_above}"
        )

    def clean(self) -> None:
        raise_if_unpayable(self, self.currency, "up_to", "two_above")
