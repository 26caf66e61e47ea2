"""Database triggers on page views and seeded checks."""

from __future__ import annotations

import pgtrigger

# What was measured only grows, and a first opinion is not changed after the reveal.
LOOK_ONLY_GROWS_SQL = """
    IF NEW.visible_ms < OLD.visible_ms OR NOT NEW.opened @> OLD.opened
        OR (OLD.measured_at IS NOT NULL AND NEW.measured_at IS NULL)
        OR (OLD.first_verdict <> '' AND (NEW.first_verdict, NEW.first_amount, NEW.first_reason,
            NEW.first_at) IS DISTINCT FROM (OLD.first_verdict, OLD.first_amount,
            OLD.first_reason, OLD.first_at))
    THEN
        RAISE EXCEPTION 'what was seen and said first is kept'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'look_only_grows';
    END IF;
    RETURN NEW;
"""
PAGE_VIEW_TRIGGERS = [
    pgtrigger.Protect(name="looks_are_kept", operation=pgtrigger.Delete),
    pgtrigger.Trigger(
        name="look_only_grows",
        when=pgtrigger.Before,
        operation=pgtrigger.Update,
        func=LOOK_ONLY_GROWS_SQL,
    ),
    pgtrigger.ReadOnly(
        name="look_keeps_what_was_shown",
        fields=["refund", "by", "at", "shown", "fingerprint", "blind"],
    ),
]

# A check that stands for a real request would tell about money that moved.
CHECKS_A_SEEDED_ONE_SQL = """
    IF NOT EXISTS (SELECT 1 FROM approvals_refund r WHERE r.id = NEW.refund_id AND r.seeded) THEN
        RAISE EXCEPTION 'only a made-up request can be a sealed check'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'checks_a_seeded_one';
    END IF;
    RETURN NEW;
"""
SEEDED_CHECK_TRIGGERS = [
    pgtrigger.Protect(name="sealed_checks_are_kept", operation=pgtrigger.Delete),
    pgtrigger.Trigger(
        name="checks_a_seeded_one",
        when=pgtrigger.Before,
        operation=pgtrigger.Insert,
        func=CHECKS_A_SEEDED_ONE_SQL,
    ),
    pgtrigger.ReadOnly(
        name="answer_stays_sealed",
        fields=[
            "refund",
            "fault",
            "right_verdict",
            "salt",
            "seal",
            "planted_by",
            "planted_at",
            "after",
        ],
    ),
]
