"""What happens around refunds: imports, knobs that admins turn, time that passes."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.contrib.auth.models import Group
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from approvals import services
from approvals.models import ApprovalLimit, Care, RefundRule
from tests.properties.refund_machine import world
from tests.properties.refund_machine.people import PAYER, N
from tests.properties.refund_machine.stage import Stage
from tickets.access import SUPERVISORS
from tickets.intake import receive_order
from tickets.models import Order, Payment

POUNDS = {"refund": Decimal("15.00"), "capture": Decimal("5.00")}


class Shop(Stage):
    @rule(n=N, what=st.sampled_from(["tracking", "lines", "capture", "refund", "nameless refund"]))
    def an_order_changes(self, n: int, what: str) -> None:
        """By an import, as the shop sends them; a payment without a name by another program."""
        order = self.world.orders[n % 2]
        self.ledger.outdate(refund__order=order)
        with self.attempt(f"imported {what}"):
            if what == "nameless refund":
                Payment.objects.create(order=order, kind="refund", amount=Decimal("3.00"))
            else:
                receive_order(self._row(order, what))

    def _row(self, order: Order, what: str) -> dict[str, Any]:
        number = self.next_edit()
        row: dict[str, Any] = {"number": order.number, "customer": "C1"}
        if what == "tracking":
            return {**row, "tracking": f"PX{number}"}
        if what == "lines":
            return {**row, "lines": [{"name": f"Kettle {number}", "unit_price": "49.00"}]}
        return world.imported(order, what, POUNDS[what], f"other {number}")

    @precondition(lambda self: self.side.moves())
    @rule(n=N)
    def a_payment_comes_by_import(self, n: int) -> None:
        """The shop tells of what the payment side paid, perhaps before we heard of it."""
        moves = self.side.moves()
        move = moves[n % len(moves)]
        order = Order.objects.get(refunds=move.refund)
        if not order.payments.filter(kind="refund", reference=move.reference).exists():
            self.ledger.outdate(refund__order=order, but=move.refund)
        with self.attempt("imported what was paid"):
            receive_order(world.imported(order, "refund", move.amount, move.reference))

    # --- knobs ------------------------------------------------------------------------

    @rule()
    def the_rule_is_edited(self) -> None:
        self.ledger.outdate(refund__rule=world.RULE)
        self.set_rule(position=100 + self.next_edit())

    @rule(people=st.sampled_from([0, 1, 2, 3]))
    def a_tier_changes(self, people: int) -> None:
        """How many it takes above 25.00; 0 is no tier."""
        with self.world.by_ada():
            tiers = RefundRule.objects.get(name=world.RULE).tiers.filter(above=25)
            if people == 0:
                tiers.delete()
            elif not tiers.update(people=people):
                tiers.create(rule=self.world.rule, above=25, people=people)

    @rule(
        group=st.sampled_from([SUPERVISORS, world.HEADS]),
        up_to=st.sampled_from([0, 25, 70, 500]),
        two_above=st.sampled_from([0, 25, 60]),
    )
    def a_limit_changes(self, group: str, up_to: int, two_above: int) -> None:
        with self.world.by_ada():
            limits = ApprovalLimit.objects.filter(group__name=group)
            limits.update(up_to=up_to, two_above=two_above)

    @rule(name=st.sampled_from(["sam", "kim", "root", "ana"]), joins=st.booleans())
    def somebody_joins_or_leaves(self, name: str, joins: bool) -> None:
        groups = self.world.people[name].groups
        (groups.add if joins else groups.remove)(Group.objects.get(name=world.HEADS))

    @rule(share=st.sampled_from([0.0, 1.0]), by=PAYER)
    def settings_change(self, share: float, by: str) -> None:
        """Whether first opinions are asked for, and who pays."""
        Care.objects.filter(currency="GBP").update(blind_share=share)
        self.settings.PAYMENT_EXECUTOR = by

    @rule()
    def the_beat(self) -> None:
        """What ran out is closed, what waits too long is brought before everybody."""
        self.seen["ran out"] += services.expire_overdue()
        self.seen["escalated"] += services.escalate_overdue()
