"""Statements sent with the application's own rights that must be refused."""

from __future__ import annotations

from typing import Any

from django.db import DatabaseError, connection, transaction
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from approvals import separation_of_duties
from approvals.models import Execution, Refund
from tests.properties.refund_machine.invariants import AFTER, GO_TOGETHER, PAYING_AFTER
from tests.properties.refund_machine.ledger import Row
from tests.properties.refund_machine.people import ANYBODY, N
from tests.properties.refund_machine.stage import Stage, has

OF_REFUNDS = (
    "amount = amount + 1",
    "amount = 0.01",
    "currency = 'EUR'",
    "fingerprint = 'forged'",
    "seeded = NOT seeded",
    "expires_at = NULL",
    "rule = 'everything'",
    "lines = '[1]'",
    "requested_by_id = COALESCE(requested_by_id + 1, 1)",
    "conditions = '[\"forged\"]'",
    "terms = '{\"forged\": {}}'",
    "state = 'paid'",
    "risk = risk + 1",
    "approvers_needed = approvers_needed - 1",
)
OF_EXECUTIONS = (
    "amount = amount + 1",
    "key = 'forged'",
    "currency = 'EUR'",
    "charge = 'forged'",
    "\"by\" = 'stripe'",
    "key = ''",
)
OF_KEPT_ROWS = {
    "approvals_decision": (
        "reason = 'forged'",
        "verdict = 'approve', reason_code = 'other'",
        "at = now()",
    ),
    "tickets_receipt": ("actor = 'forged'", "output = '{}'"),
    "approvals_sealedcheck": ("fault = 'forged'", "salt = 'forged'", "right_verdict = 'forged'"),
    "approvals_look": ("fingerprint = 'forged'", "blind = NOT blind", "shown = '{\"forged\": 1}'"),
}
PUSHED = """
    UPDATE approvals_execution SET state = %s, reference = 'forged', holder = 'forged',
        lease_until = now() WHERE id = %s
"""
DECISION = """
    INSERT INTO approvals_decision (refund_id, verdict, reason, reason_code, by_id, rule_id, at,
        fingerprint, amount, limit_then, requested_by_id)
    SELECT id, 'approve', 'forged', '', %s, %s, now(), fingerprint, amount, amount, requested_by_id
    FROM approvals_refund WHERE id = %s
"""
EXECUTION = """
    INSERT INTO approvals_execution (refund_id, "by", key, state, amount, currency, charge,
        reference, note, calls, questions, holder, next_at, created_at)
    SELECT id, %s, 'forged', %s, amount, currency, '', 'forged', '', 0, 0, '', now(), now()
    FROM approvals_refund WHERE id = %s
"""


class Forgers(Stage):
    @precondition(has("refunds"))
    @rule(n=N, change=st.sampled_from(OF_REFUNDS), state=st.sampled_from(Refund.State.values))
    def forge_a_refund(self, n: int, change: str, state: str) -> None:
        """Other terms; or on to where it may not go, or to where its payment is not."""
        refund = self.ledger.now["refunds"][self.pick("refunds", n)]
        self._try(f"UPDATE approvals_refund SET {change} WHERE id = %s", [refund["id"]])
        if not self._may_go(refund, state):
            values = [state, f"forged {refund['id']}", refund["id"]]
            self._try(
                "UPDATE approvals_refund SET state = %s, reference = %s WHERE id = %s", values
            )

    def _may_go(self, refund: Row, state: str) -> bool:
        """Whether the rows would bear the step; then it is no forgery that the database can see."""
        execution = self.ledger.execution_of(refund["id"])
        paying = execution["state"] if execution else None
        allowed = state == refund["state"] or state in AFTER.get(refund["state"], ())
        agrees = paying in GO_TOGETHER.get(state, {None}) and state != "executed"
        agreed = state != "approved" or bool(self.ledger.approvals_of(refund["id"]))
        real = not refund["seeded"] or state in ("pending", "expired", "void")
        return allowed and agrees and agreed and real

    @precondition(has("executions"))
    @rule(n=N, change=st.sampled_from(OF_EXECUTIONS), state=st.sampled_from(Execution.State.values))
    def forge_a_payment(self, n: int, change: str, state: str) -> None:
        """Another order; or its state without its refund; or gone."""
        execution = self.ledger.now["executions"][self.pick("executions", n)]
        pk, refund = execution["id"], self.ledger.now["refunds"][execution["refund_id"]]
        self._try(f"UPDATE approvals_execution SET {change} WHERE id = %s", [pk])
        self._try("DELETE FROM approvals_execution WHERE id = %s", [pk])
        allowed = state in (execution["state"], *PAYING_AFTER.get(execution["state"], ()))
        if not (allowed and state in GO_TOGETHER.get(refund["state"], {None})):
            self._try(PUSHED, [state, pk])

    @rule(n=N, kind=st.sampled_from(list(OF_KEPT_ROWS)), how=st.integers(0, 2))
    def forge_what_is_kept(self, n: int, kind: str, how: int) -> None:
        changes = OF_KEPT_ROWS[kind]
        for row in self._last(kind)[:1]:
            change = changes[how % len(changes)]
            self._try(f"UPDATE {kind} SET {change} WHERE id = %s", [row])
            self._try(f"DELETE FROM {kind} WHERE id = %s", [row])

    def _last(self, table: str) -> list[int]:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT id FROM {table} ORDER BY id DESC LIMIT 1")
            return [pk for (pk,) in cursor.fetchall()]

    @precondition(has("refunds"))
    @rule(n=N, name=st.none() | ANYBODY)
    def forge_an_approval(self, n: int, name: str | None) -> None:
        """By whoever may not: a hand in it, no limit, decided already, closed; or by the rule."""
        refund = Refund.objects.get(pk=self.pick("refunds", n))
        person = self.world.people[name] if name else None
        if person is None and (refund.requested_by_id or refund.state != "pending"):
            self._try(DECISION, [None, self.world.rule.pk, refund.pk])
        elif person and (
            refund.state != "pending"
            or person not in separation_of_duties.list_eligible_approvers(refund)
        ):
            self._try(DECISION, [person.pk, None, refund.pk])

    @precondition(has("refunds"))
    @rule(n=N, by=st.sampled_from(["manual", "webhook"]), state=st.sampled_from(["queued", "done"]))
    def forge_an_order(self, n: int, by: str, state: str) -> None:
        """Of what is not approved, or a second time."""
        refund = self.ledger.now["refunds"][self.pick("refunds", n)]
        if refund["state"] != "approved" or self.ledger.execution_of(refund["id"]):
            self._try(EXECUTION, [by, state, refund["id"]])

    @rule()
    def forget_all_receipts(self) -> None:
        self._try("TRUNCATE tickets_receipt CASCADE", [])

    def _try(self, statement: str, values: list[Any]) -> None:
        """It has to be refused, at once or when its transaction ends."""
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(statement, values)
                touched = cursor.rowcount
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")
                transaction.set_rollback(True)
        except DatabaseError:
            self.seen["forgeries refused"] += 1
        else:
            assert touched == 0, f"the database took it: {statement} {values}"
