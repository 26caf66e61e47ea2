"""Database triggers on refund rules: their tiers, and what they approve by themselves."""

from __future__ import annotations

from string import Template

import pgtrigger

# The tiers of every rule that was applied. One in another currency counts: it cannot be compared.
APPLIED_TIERS_SQL = """
    FROM approvals_ruletier tier JOIN approvals_refundrule rule ON rule.id = tier.rule_id
    WHERE (rule.name = NEW.rule OR jsonb_exists(NEW.terms, rule.name))
    AND (tier.above < NEW.amount OR rule.currency <> NEW.currency)
"""

# Counted here once more: whoever writes the state cannot also choose how many it takes, and it
# never takes fewer than before. A rule's own approval is one only where one is enough.
ENOUGH_PEOPLE_SQL = """
    needed := GREATEST(OLD.approvers_needed, NEW.approvers_needed, CASE WHEN EXISTS (
            SELECT 1 FROM approvals_approvallimit
            WHERE currency = NEW.currency AND two_above < NEW.amount
        ) THEN 2 ELSE 1 END, (SELECT MAX(tier.people) $tiers));
    IF COALESCE((SELECT MAX(people) FROM (
            SELECT CASE WHEN needed > 1 THEN COUNT(by_id) ELSE COUNT(*) END AS people
            FROM approvals_decision
            WHERE refund_id = NEW.id AND verdict = 'approve' GROUP BY fingerprint
        ) AS agreed), 0) < needed
    THEN
        RAISE EXCEPTION 'too few people approved the same thing'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'approved_by_enough_people';
    END IF;
    RETURN NEW;
"""

# The highest tier of each rule says who: a request that names nobody, or others, is none.
ITS_REVIEWERS_SQL = """
    IF EXISTS (
        SELECT 1 FROM (
            SELECT DISTINCT ON (tier.rule_id) tier.group_id $tiers
            ORDER BY tier.rule_id, tier.above DESC
        ) AS highest
        WHERE highest.group_id IS NOT NULL AND highest.group_id IS DISTINCT FROM NEW.reviewers_id
    ) THEN
        RAISE EXCEPTION 'a tier of its rule names other reviewers'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'refund_names_its_reviewers';
    END IF;
    RETURN NEW;
"""

# Written by a rule, an approval stands only where nothing at all is unclear: it is the amount
# that was computed, under a label of a person or a promise, and every check passed. The customer
# is locked, so that of two at once the second sees the first.
NOTHING_UNCLEAR_SQL = """
    PERFORM 1 FROM tickets_customer WHERE id = (
        SELECT o.customer_id FROM approvals_refund r JOIN tickets_order o ON o.id = r.order_id
        WHERE r.id = NEW.refund_id) FOR NO KEY UPDATE;
    IF NOT EXISTS (
        SELECT 1 FROM approvals_refund r
        JOIN approvals_refundrule rule ON rule.id = NEW.rule_id
        JOIN tickets_order o ON o.id = r.order_id
        WHERE r.id = NEW.refund_id AND NEW.verdict = 'approve'
        AND r.requested_by_id IS NULL AND r.run_id IS NOT NULL AND NOT r.seeded
        AND r.risk = 0 AND r.reviewers_id IS NULL AND r.assigned_to_id IS NULL AND r.note = ''
        AND r.reasons = '[]'::jsonb AND r.conditions = '[]'::jsonb
        AND jsonb_exists(r.terms, rule.name) AND r.terms - rule.name::text = '{}'::jsonb
        AND rule.name = r.rule AND rule.active
        AND rule.remedy = r.remedy AND rule.currency = r.currency
        AND r.amount <= rule.auto_up_to AND NEW.limit_then = rule.auto_up_to
        AND NOT EXISTS (SELECT 1 FROM approvals_decision d WHERE d.refund_id = r.id)
        AND NOT EXISTS (SELECT 1 FROM approvals_refund x WHERE x.order_id = r.order_id
            AND x.id <> r.id AND NOT x.seeded
            AND x.state NOT IN ('rejected', 'returned', 'expired', 'void'))
        AND NOT EXISTS (SELECT 1 FROM tickets_payment p
            WHERE p.order_id = r.order_id AND p.kind = 'refund')
        AND NOT EXISTS (SELECT 1 FROM approvals_decision d
            JOIN approvals_refund x ON x.id = d.refund_id
            JOIN tickets_order y ON y.id = x.order_id
            WHERE d.by_id IS NULL AND y.customer_id = o.customer_id
            AND d.at > now() - interval '30 days')
        AND EXISTS (SELECT 1 FROM tickets_receipt k WHERE k.run_id = r.run_id
            AND k.step = 'decide' AND (k.output ->> 'amount')::numeric = r.amount)
        AND (EXISTS (SELECT 1 FROM tickets_correction c
                WHERE c.ticket_id = r.ticket_id AND c.step = 'classify')
            OR EXISTS (SELECT 1 FROM tickets_receipt k WHERE k.run_id = r.run_id
                AND k.step = 'classify' AND k.promise @> '{"valid": true}'))
        AND NOT EXISTS (SELECT 1 FROM tickets_receipt k WHERE k.run_id = r.run_id
            AND (k.status <> 'ok' OR jsonb_path_exists(k.checks, '$[*] ? (@.passed != true)')))
    ) THEN
        RAISE EXCEPTION 'a rule approves only what is clear'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'rule_approves_what_is_clear';
    END IF;
    RETURN NEW;
"""

APPROVED_BY_ENOUGH_TRIGGER = pgtrigger.Trigger(
    name="approved_by_enough_people",
    when=pgtrigger.Before,
    operation=pgtrigger.Update,
    condition=pgtrigger.Q(new__state="approved") & ~pgtrigger.Q(old__state="approved"),
    declare=[("needed", "INTEGER")],
    func=Template(ENOUGH_PEOPLE_SQL).substitute(tiers=APPLIED_TIERS_SQL),
)
NEVER_FEWER_PEOPLE_TRIGGER = pgtrigger.Protect(
    name="never_fewer_people",
    operation=pgtrigger.Update,
    condition=pgtrigger.Q(new__approvers_needed__lt=pgtrigger.F("old__approvers_needed")),
)
NAMES_ITS_REVIEWERS_TRIGGER = pgtrigger.Trigger(
    name="refund_names_its_reviewers",
    when=pgtrigger.Before,
    operation=pgtrigger.Insert,
    condition=pgtrigger.Q(new__seeded=False),
    func=Template(ITS_REVIEWERS_SQL).substitute(tiers=APPLIED_TIERS_SQL),
)
APPROVES_WHAT_IS_CLEAR_TRIGGER = pgtrigger.Trigger(
    name="rule_approves_what_is_clear",
    when=pgtrigger.Before,
    operation=pgtrigger.Insert,
    condition=pgtrigger.Q(new__by__isnull=True),
    func=NOTHING_UNCLEAR_SQL,
)
