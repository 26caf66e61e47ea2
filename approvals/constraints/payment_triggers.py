"""Database triggers on payment executions: what is refused whoever writes to them."""

from __future__ import annotations

import pgtrigger

# Money may be asked for only as it was approved, and never for a seeded check. What a person
# paid by hand is written down when it is done.
ORDERED_AS_APPROVED_SQL = """
    IF NOT EXISTS (
        SELECT 1 FROM approvals_refund r WHERE r.id = NEW.refund_id AND NOT r.seeded
        AND r.state = 'approved' AND r.amount = NEW.amount AND r.currency = NEW.currency
        AND NEW.state = CASE WHEN NEW."by" = 'manual' THEN 'done' ELSE 'queued' END
    ) THEN
        RAISE EXCEPTION 'only what was approved can be paid'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ordered_as_approved';
    END IF;
    RETURN NEW;
"""

# Whoever called and was not heard of again may have been heard by the payment side.
LEFT_IS_DOUBT_SQL = """
    RAISE EXCEPTION 'a call that was left alone is in doubt'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'left_is_doubt';
"""

# Looked at when the transaction ends: until then one of the two is ahead of the other.
PAYMENT_AGREES_SQL = """
    SELECT r.state, r.reference, e.state AS paying, e.reference AS paid_as INTO pair
        FROM approvals_refund r LEFT JOIN approvals_execution e ON e.refund_id = r.id
        WHERE r.id = NEW.%s;
    IF NOT FOUND OR COALESCE(CASE pair.state
        WHEN 'approved' THEN pair.paying IS NULL OR pair.paying = 'queued'
        WHEN 'executing' THEN pair.paying IN ('queued', 'calling')
        WHEN 'executed' THEN pair.paying = 'done' AND pair.paid_as = pair.reference
        WHEN 'doubt' THEN pair.paying = 'doubt'
        WHEN 'failed' THEN pair.paying = 'failed'
        WHEN 'void' THEN pair.paying IS NULL OR pair.paying = 'failed'
        ELSE pair.paying IS NULL END, FALSE)
    THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION 'a refund that is %% cannot have a payment that is %%', pair.state, pair.paying
        USING ERRCODE = 'check_violation', CONSTRAINT = 'payment_agrees_with_refund';
"""

PAYMENT_TRANSITIONS = {
    "queued": ["calling", "done", "failed"],
    "calling": ["queued", "done", "failed", "doubt"],
    "doubt": ["queued", "done", "failed"],
}


def _build_agreement_trigger(
    key: str, operation: pgtrigger.Operation, condition: pgtrigger.Condition | None = None
) -> pgtrigger.Trigger:
    return pgtrigger.Trigger(
        name="payment_agrees_with_refund",
        when=pgtrigger.After,
        timing=pgtrigger.Deferred,
        operation=operation,
        condition=condition,
        declare=[("pair", "RECORD")],
        func=PAYMENT_AGREES_SQL % key,
    )


REFUND_AGREES_TRIGGER = _build_agreement_trigger(
    "id", pgtrigger.Update, pgtrigger.AnyChange("state", "reference")
)
EXECUTION_TRIGGERS = [
    pgtrigger.Protect(name="executions_are_kept", operation=pgtrigger.Delete),
    pgtrigger.Trigger(
        name="ordered_as_approved",
        when=pgtrigger.Before,
        operation=pgtrigger.Insert,
        func=ORDERED_AS_APPROVED_SQL,
    ),
    pgtrigger.Trigger(
        name="left_is_doubt",
        when=pgtrigger.Before,
        operation=pgtrigger.Update,
        condition=pgtrigger.Condition(
            "OLD.state = 'calling' AND NEW.state = 'queued' AND OLD.lease_until < CLOCK_TIMESTAMP()"
        ),
        func=LEFT_IS_DOUBT_SQL,
    ),
    pgtrigger.FSM(
        name="payment_moves_on",
        field="state",
        transitions=[(old, new) for old, after in PAYMENT_TRANSITIONS.items() for new in after],
    ),
    pgtrigger.ReadOnly(
        name="payment_keeps_its_order",
        fields=["refund", "by", "key", "amount", "currency", "charge"],
    ),
    _build_agreement_trigger("refund_id", pgtrigger.Insert | pgtrigger.Update),
]
