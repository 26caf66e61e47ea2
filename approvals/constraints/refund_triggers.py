"""Database triggers on refunds and decisions: what is refused whoever writes to them."""

from __future__ import annotations

from string import Template

import pgtrigger

from approvals.constraints.account_triggers import HOLDS_THE_ACCOUNT_TRIGGER
from approvals.constraints.payment_triggers import REFUND_AGREES_TRIGGER
from approvals.constraints.rule_triggers import (
    APPROVED_BY_ENOUGH_TRIGGER,
    APPROVES_WHAT_IS_CLEAR_TRIGGER,
    NAMES_ITS_REVIEWERS_TRIGGER,
    NEVER_FEWER_PEOPLE_TRIGGER,
)

# Sums are taken under a lock on the order, so that two approvals at once cannot both fit. A doubt
# is always written down: it counted as it was called, and an import may have brought it since.
CAPTURED_IS_THE_CEILING_SQL = """
    IF NEW.state IN ('approved', 'executing', 'executed') THEN
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

BEGINS_PENDING_SQL = """
    RAISE EXCEPTION 'a refund begins as a request'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'refund_begins_pending';
"""

TRANSITIONS = {
    "pending": ["approved", "rejected", "returned", "expired", "void"],
    "approved": ["executing", "executed", "void"],
    "executing": ["executed", "failed", "doubt"],
    "doubt": ["executed", "failed", "executing"],
}
FROZEN_FIELDS = [
    "ticket",
    "run",
    "order",
    "remedy",
    "amount",
    "currency",
    "arithmetic",
    "reasons",
    "rule",
    "citations",
    "note",
    "lines",
    "terms",
    "conditions",
    "risk",
    "fingerprint",
    "requested_by",
    "reviewers",
    "seeded",
]

# The decision repeats who asked and how much; this makes sure it repeats the truth.
DECISION_REPEATS_THE_REFUND_SQL = """
    IF NOT EXISTS (
        SELECT 1 FROM approvals_refund r WHERE r.id = NEW.refund_id AND r.state = 'pending'
        AND r.requested_by_id IS NOT DISTINCT FROM NEW.requested_by_id
        AND r.amount = NEW.amount
        AND NEW.limit_then <= CASE WHEN NEW.by_id IS NULL THEN (
            SELECT rule.auto_up_to FROM approvals_refundrule rule
            WHERE rule.id = NEW.rule_id AND rule.active AND rule.name = r.rule
            AND rule.currency = r.currency AND r.requested_by_id IS NULL)
        ELSE COALESCE((
            SELECT MAX(l.up_to) FROM approvals_approvallimit l
            JOIN auth_user_groups g ON g.group_id = l.group_id
            WHERE g.user_id = NEW.by_id AND l.currency = r.currency), 0) END
        AND (NEW.by_id IS NULL OR EXISTS (
            SELECT 1 FROM auth_user_groups g JOIN auth_group n ON n.id = g.group_id
            WHERE g.user_id = NEW.by_id AND n.name = 'supervisors'))
        AND (NEW.by_id IS NULL OR r.reviewers_id IS NULL OR EXISTS (
            SELECT 1 FROM auth_user_groups g
            WHERE g.user_id = NEW.by_id AND g.group_id = r.reviewers_id))
    ) THEN
        RAISE EXCEPTION 'the decision does not describe its refund'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'decision_repeats_the_refund';
    END IF;
    RETURN NEW;
"""

# A decision rests on a page that this person was shown whole, of this refund, as it stood then.
LOOK_IS_THEIRS_SQL = """
    IF NEW.look_id IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM approvals_look k WHERE k.id = NEW.look_id AND k.refund_id = NEW.refund_id
        AND k.by_id IS NOT DISTINCT FROM NEW.by_id AND k.fingerprint = NEW.fingerprint
        AND NOT k.blind
    ) THEN
        RAISE EXCEPTION 'the decision rests on another page'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'look_is_theirs';
    END IF;
    RETURN NEW;
"""

# Twin: ``separation_of_duties._query_involvement`` holds the same rules for pages and sentences.
# A rule changed here has to be changed there; a test compares their names and tables.
INVOLVEMENT_ROWS_SQL = {
    "approver_is_not_drafter": """tickets_draft h LEFT JOIN tickets_message m ON m.id = h.message_id
        WHERE (h.hands @> to_jsonb(NEW.by_id) OR m.author_id = NEW.by_id)""",
    "approver_is_not_author": """tickets_message h
        WHERE h.direction = 'out' AND h.author_id = NEW.by_id""",
    "approver_is_not_corrector": "tickets_correction h WHERE h.by_id = NEW.by_id",
    "approver_is_not_asker": "tickets_run h WHERE h.requested_by_id = NEW.by_id",
    "approver_asked_before": """approvals_refund h
        WHERE h.id <> NEW.refund_id AND h.requested_by_id = NEW.by_id""",
}


INVOLVEMENT_CHECK_SQL = """
    IF EXISTS (
        SELECT 1 FROM $rows
        AND h.ticket_id = (SELECT ticket_id FROM approvals_refund WHERE id = NEW.refund_id)
    ) THEN
        RAISE EXCEPTION 'the approver had a hand in this ticket'
            USING ERRCODE = 'check_violation', CONSTRAINT = '$constraint';
    END IF;"""


def _build_involvement_checks() -> str:
    check = Template(INVOLVEMENT_CHECK_SQL)
    parts = [
        check.substitute(constraint=name, rows=rows) for name, rows in INVOLVEMENT_ROWS_SQL.items()
    ]
    return "".join(parts) + "\n    RETURN NEW;\n"


# A made-up ticket never leads to money, and a real one is never a check.
SEEDED_ALIKE_SQL = """
    IF NEW.seeded IS DISTINCT FROM
        (SELECT seeded FROM tickets_ticket WHERE id = NEW.ticket_id)
        OR NEW.seeded IS DISTINCT FROM (SELECT c.seeded FROM tickets_order o
            JOIN tickets_customer c ON c.id = o.customer_id WHERE o.id = NEW.order_id)
    THEN
        RAISE EXCEPTION 'a sealed check has a made-up ticket, and nothing else has'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'seeded_alike';
    END IF;
    RETURN NEW;
"""

REFUND_TRIGGERS = [
    pgtrigger.Trigger(
        name="seeded_alike",
        when=pgtrigger.Before,
        operation=pgtrigger.Insert,
        func=SEEDED_ALIKE_SQL,
    ),
    pgtrigger.Trigger(
        name="captured_is_the_ceiling",
        when=pgtrigger.Before,
        operation=pgtrigger.Insert | pgtrigger.Update,
        func=CAPTURED_IS_THE_CEILING_SQL,
    ),
    pgtrigger.Trigger(
        name="refund_begins_pending",
        when=pgtrigger.Before,
        operation=pgtrigger.Insert,
        condition=~pgtrigger.Q(new__state="pending"),
        func=BEGINS_PENDING_SQL,
    ),
    APPROVED_BY_ENOUGH_TRIGGER,
    NEVER_FEWER_PEOPLE_TRIGGER,
    NAMES_ITS_REVIEWERS_TRIGGER,
    pgtrigger.FSM(
        name="refund_moves_on",
        field="state",
        transitions=[(old, new) for old, after in TRANSITIONS.items() for new in after],
    ),
    pgtrigger.ReadOnly(name="refund_keeps_its_terms", fields=FROZEN_FIELDS),
    REFUND_AGREES_TRIGGER,
]
DECISION_TRIGGERS = [
    pgtrigger.Protect(
        name="decisions_are_append_only", operation=pgtrigger.Update | pgtrigger.Delete
    ),
    APPROVES_WHAT_IS_CLEAR_TRIGGER,
    pgtrigger.Trigger(
        name="decision_repeats_the_refund",
        when=pgtrigger.Before,
        operation=pgtrigger.Insert,
        func=DECISION_REPEATS_THE_REFUND_SQL,
    ),
    pgtrigger.Trigger(
        name="decision_is_by_another_hand",
        when=pgtrigger.Before,
        operation=pgtrigger.Insert,
        func=_build_involvement_checks(),
    ),
    HOLDS_THE_ACCOUNT_TRIGGER,
    pgtrigger.Trigger(
        name="look_is_theirs",
        when=pgtrigger.Before,
        operation=pgtrigger.Insert,
        func=LOOK_IS_THEIRS_SQL,
    ),
]
