"""What the database itself refuses about refunds, whoever writes to it."""

from __future__ import annotations

from string import Template

import pgtrigger

# Sums are taken under a lock on the order, so that two approvals at once cannot both fit.
CAPTURED_IS_THE_CEILING = """
    IF NEW.state IN ('approved', 'executing', 'executed', 'doubt') THEN
        PERFORM 1 FROM tickets_order WHERE id = NEW.order_id FOR UPDATE;
        IF NEW.amount
            + COALESCE((SELECT SUM(amount) FROM approvals_refund
                WHERE order_id = NEW.order_id AND id <> NEW.id
                AND state IN ('approved', 'executing', 'doubt')), 0)
            + COALESCE((SELECT SUM(amount) FROM tickets_payment
                WHERE order_id = NEW.order_id AND kind = 'refund'
                AND reference <> COALESCE(NULLIF(NEW.reference, ''), chr(31)) ), 0)
            > COALESCE((SELECT SUM(amount) FROM tickets_payment
                WHERE order_id = NEW.order_id AND kind = 'capture'), 0)
        THEN
            RAISE EXCEPTION 'refunds would exceed what was paid'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'captured_is_the_ceiling';
        END IF;
    END IF;
    RETURN NEW;
"""

BEGINS_PENDING = """
    RAISE EXCEPTION 'a refund begins as a request'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'refund_begins_pending';
"""

# Counted here once more: whoever writes the state cannot also choose how many it takes.
APPROVED_BY_ENOUGH_PEOPLE = """
    IF COALESCE((SELECT MAX(people) FROM (
            SELECT COUNT(*) AS people FROM approvals_decision
            WHERE refund_id = NEW.id AND verdict = 'approve' GROUP BY fingerprint
        ) AS agreed), 0)
        < GREATEST(NEW.approvers_needed, CASE WHEN EXISTS (
            SELECT 1 FROM approvals_approvallimit
            WHERE currency = NEW.currency AND two_above < NEW.amount
        ) THEN 2 ELSE 1 END)
    THEN
        RAISE EXCEPTION 'too few people approved the same thing'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'approved_by_enough_people';
    END IF;
    RETURN NEW;
"""

TRANSITIONS = {
    "pending": ["approved", "rejected", "returned", "expired", "void"],
    "approved": ["executing", "executed", "void"],
    "executing": ["executed", "failed", "doubt"],
    "doubt": ["executed", "failed"],
}
FROZEN = [
    "ticket", "run", "order", "remedy", "amount", "currency", "arithmetic", "reasons", "rule",
    "citations", "note", "fingerprint", "requested_by",
]  # fmt: skip

# The decision repeats who asked and how much; this makes sure it repeats the truth.
DECISION_REPEATS_THE_REFUND = """
    IF NOT EXISTS (
        SELECT 1 FROM approvals_refund r WHERE r.id = NEW.refund_id AND r.state = 'pending'
        AND r.requested_by_id IS NOT DISTINCT FROM NEW.requested_by_id
        AND r.amount = NEW.amount
        AND NEW.limit_then <= COALESCE((
            SELECT MAX(l.up_to) FROM approvals_approvallimit l
            JOIN auth_user_groups g ON g.group_id = l.group_id
            WHERE g.user_id = NEW.by_id AND l.currency = r.currency), 0)
    ) THEN
        RAISE EXCEPTION 'the decision does not describe its refund'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'decision_repeats_the_refund';
    END IF;
    RETURN NEW;
"""

HANDS = {
    "approver_is_not_drafter": """tickets_draft h LEFT JOIN tickets_message m ON m.id = h.message_id
        WHERE (h.hands @> to_jsonb(NEW.by_id) OR m.author_id = NEW.by_id)""",
    "approver_is_not_author": """tickets_message h
        WHERE h.direction = 'out' AND h.author_id = NEW.by_id""",
    "approver_is_not_corrector": "tickets_correction h WHERE h.by_id = NEW.by_id",
    "approver_is_not_asker": "tickets_run h WHERE h.requested_by_id = NEW.by_id",
}


ANOTHER_HAND = """
    IF EXISTS (
        SELECT 1 FROM $rows
        AND h.ticket_id = (SELECT ticket_id FROM approvals_refund WHERE id = NEW.refund_id)
    ) THEN
        RAISE EXCEPTION 'the approver had a hand in this ticket'
            USING ERRCODE = 'check_violation', CONSTRAINT = '$constraint';
    END IF;"""


def _by_another_hand() -> str:
    check = Template(ANOTHER_HAND)
    parts = [check.substitute(constraint=name, rows=rows) for name, rows in HANDS.items()]
    return "".join(parts) + "\n    RETURN NEW;\n"


REFUND = [
    pgtrigger.Trigger(
        name="captured_is_the_ceiling",
        when=pgtrigger.Before,
        operation=pgtrigger.Insert | pgtrigger.Update,
        func=CAPTURED_IS_THE_CEILING,
    ),
    pgtrigger.Trigger(
        name="refund_begins_pending",
        when=pgtrigger.Before,
        operation=pgtrigger.Insert,
        condition=~pgtrigger.Q(new__state="pending"),
        func=BEGINS_PENDING,
    ),
    pgtrigger.Trigger(
        name="approved_by_enough_people",
        when=pgtrigger.Before,
        operation=pgtrigger.Update,
        condition=pgtrigger.Q(new__state="approved") & ~pgtrigger.Q(old__state="approved"),
        func=APPROVED_BY_ENOUGH_PEOPLE,
    ),
    pgtrigger.FSM(
        name="refund_moves_on",
        field="state",
        transitions=[(old, new) for old, after in TRANSITIONS.items() for new in after],
    ),
    pgtrigger.ReadOnly(name="refund_keeps_its_terms", fields=FROZEN),
]
DECISION = [
    pgtrigger.Protect(
        name="decisions_are_append_only", operation=pgtrigger.Update | pgtrigger.Delete
    ),
    pgtrigger.Trigger(
        name="decision_repeats_the_refund",
        when=pgtrigger.Before,
        operation=pgtrigger.Insert,
        func=DECISION_REPEATS_THE_REFUND,
    ),
    pgtrigger.Trigger(
        name="decision_is_by_another_hand",
        when=pgtrigger.Before,
        operation=pgtrigger.Insert,
        func=_by_another_hand(),
    ),
]
