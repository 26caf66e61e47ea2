"""What holds after every step, told from the rows, the receipts and the payment side's own books.

Each function yields a sentence for whatever is wrong. The tables of who may do what are written
here once more, by hand, so that a mistake in the code under test is not repeated.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal

from django.contrib.auth.models import Group, User
from django.db import connection

from approvals.models import ApprovalLimit, RefundRule, RuleTier
from tests.properties.refund_machine.ledger import Ledger, Row
from tests.properties.refund_machine.receipts_told import leaves_receipts
from tickets.audit import receipts

GIVEN = ("approved", "executing", "doubt", "executed")
AFTER = {
    "pending": {"approved", "rejected", "returned", "expired", "void"},
    "approved": {"executing", "executed", "void"},
    "executing": {"executed", "failed", "doubt"},
    "doubt": {"executed", "failed", "executing"},
}
PAYING_AFTER = {
    "queued": {"calling", "done", "failed"},
    "calling": {"queued", "done", "failed", "doubt"},
    "doubt": {"queued", "done", "failed"},
}
GO_TOGETHER: dict[str, set[str | None]] = {
    "approved": {None, "queued"},
    "executing": {"queued", "calling"},
    "executed": {"done"},
    "doubt": {"doubt"},
    "failed": {"failed"},
    "void": {None, "failed"},
}
MAY_CHANGE = {
    "refunds": {"state", "reference", "approvers_needed", "assigned_to_id", "expires_at"},
    "decisions": set[str](),
    "executions": {"state", "reference", "calls", "settled_by_id"},
    "looks": {"visible_ms", "first_verdict", "first_amount", "first_at"},
    "checks": set[str](),
}
HANDS = """
    SELECT r.requested_by_id FROM approvals_refund r WHERE r.ticket_id = %(ticket)s
    UNION SELECT (jsonb_array_elements_text(d.hands))::int FROM tickets_draft d
        WHERE d.ticket_id = %(ticket)s
    UNION SELECT d.edited_by_id FROM tickets_draft d WHERE d.ticket_id = %(ticket)s
    UNION SELECT m.author_id FROM tickets_message m
        WHERE m.ticket_id = %(ticket)s AND m.direction = 'out'
    UNION SELECT c.by_id FROM tickets_correction c WHERE c.ticket_id = %(ticket)s
    UNION SELECT u.requested_by_id FROM tickets_run u WHERE u.ticket_id = %(ticket)s
"""


def paid_once(ledger: Ledger) -> Iterator[str]:
    """1. One payment a refund and a key, at the payment side and in our rows."""
    moves = ledger.side.moves()
    times = Counter(move.refund for move in moves)
    yield from (f"refund {refund} was paid {n} times" for refund, n in times.items() if n > 1)
    yield from ledger.side.wrong
    keys = Counter(execution["key"] for execution in ledger.now["executions"].values())
    yield from (f"{n} payments under the key {key}" for key, n in keys.items() if n > 1)
    kept = Counter(p["reference"] for p in ledger.now["payments"].values() if p["reference"])
    yield from (f"{m.reference} is on file twice" for m in moves if kept[m.reference] > 1)


def within_captured(ledger: Ledger) -> Iterator[str]:
    """2. What was or may be given back is never more than was paid."""
    for order in {row["order_id"] for row in ledger.now["refunds"].values()}:
        captured, given = _sum(ledger, order, "capture"), _given(ledger, order)
        if given > captured:
            yield f"order {order}: {given} given back of {captured}"
    for refund in [*ledger.entered(*GIVEN), *ledger.entered("executing")]:
        order, captured = refund["order_id"], _sum(ledger, refund["order_id"], "capture")
        own = _given(ledger, order, of=("approved", "executing", "doubt"))
        total = own + _sum(ledger, order, "refund")
        if total > captured:
            yield f"order {order}: {total} to be given back of {captured}"


def _given(ledger: Ledger, order: int, of: tuple[str, ...] = GIVEN) -> Decimal:
    """What is void and was paid all the same counts as what was paid."""
    rows = [row for row in ledger.now["refunds"].values() if row["order_id"] == order]
    paid = [row for row in rows if row["state"] == "void" and row["reference"]]
    given = [row for row in rows if row["state"] in of] + (paid if "executed" in of else [])
    return sum((row["amount"] for row in given), Decimal(0))


def _sum(ledger: Ledger, order: int, kind: str) -> Decimal:
    rows = ledger.now["payments"].values()
    return sum(
        (p["amount"] for p in rows if p["order_id"] == order and p["kind"] == kind), Decimal(0)
    )


def by_another_hand(ledger: Ledger) -> Iterator[str]:
    """3. Nobody decides, settles or takes back who had a hand in it."""
    for decision in ledger.new("decisions"):
        refund = ledger.now["refunds"][decision["refund_id"]]
        if decision["by_id"] in _hands(refund["ticket_id"]):
            yield f"person {decision['by_id']} had a hand in refund {refund['id']} and decided"
    for execution in _settled(ledger):
        refund = ledger.now["refunds"][execution["refund_id"]]
        if execution["settled_by_id"] in _hands(refund["ticket_id"]):
            yield f"person {execution['settled_by_id']} settled their own refund {refund['id']}"
    for person, refund in _taken_back(ledger):
        if person in _hands(refund["ticket_id"]):
            yield f"person {person} took back their own refund {refund['id']}"


def _taken_back(ledger: Ledger) -> Iterator[tuple[int, Row]]:
    """Whoever took an approval back just now, and from what."""
    for receipt in ledger.news:
        if receipt.step == "take back" and receipt.status == "void":
            person = User.objects.get(username=receipt.actor)
            yield person.pk, ledger.now["refunds"][receipt.output["refund"]]


def _settled(ledger: Ledger) -> Iterator[Row]:
    for old, execution in ledger.kept("executions"):
        if execution and execution["settled_by_id"] != old["settled_by_id"]:
            yield execution


def _hands(ticket: int) -> set[int]:
    with connection.cursor() as cursor:
        cursor.execute(HANDS, {"ticket": ticket})
        return {pk for (pk,) in cursor.fetchall() if pk is not None}


def within_limits(ledger: Ledger) -> Iterator[str]:
    """4. Everybody within their limit of that moment and of the right group, and enough of them."""
    for decision in ledger.new("decisions"):
        if decision["verdict"] == "approve":
            yield from _beyond(decision, ledger.now["refunds"][decision["refund_id"]])
    alone = [(execution["settled_by_id"], execution) for execution in _settled(ledger)]
    for person, row in [*alone, *_taken_back(ledger)]:
        if row["amount"] > _limit(person, row["currency"]):
            yield f"settled or taken back above the limit: {row}"
    for refund in ledger.entered(*GIVEN):
        agreed = Counter[str]()
        for decision in ledger.approvals_of(refund["id"]):
            agreed[decision["fingerprint"]] += 1
        if max(agreed.values(), default=0) < _people(refund):
            yield f"too few approved refund {refund['id']}: {agreed}"


def _beyond(decision: Row, refund: Row) -> Iterator[str]:
    if decision["by_id"] is None:
        rule = RefundRule.objects.get(pk=decision["rule_id"])
        alone = _people(refund) == 1 and refund["reviewers_id"] is None
        own = (
            refund["requested_by_id"] is None
            and rule.name == refund["rule"]
            and not refund["seeded"]
        )
        if not (alone and own and rule.active and refund["amount"] <= rule.auto_up_to):
            yield f"a rule approved what it may not: {refund}"
        return
    limit = _limit(decision["by_id"], refund["currency"])
    if refund["amount"] > limit or decision["limit_then"] > limit:
        yield f"person {decision['by_id']} approved {refund['amount']} with a limit of {limit}"
    group = Group.objects.filter(pk=refund["reviewers_id"])
    if group.exists() and not group.filter(user=decision["by_id"]).exists():
        yield f"person {decision['by_id']} is none of those who may decide on {refund['id']}"
    if refund["reviewers_id"] is None and not refund["seeded"] and _group_then(refund):
        yield f"refund {refund['id']} names no reviewers"


def _limit(person: int, currency: str) -> Decimal:
    limits = ApprovalLimit.objects.filter(group__user=person, currency=currency)
    return max(limits.values_list("up_to", flat=True), default=Decimal(0))


def _group_then(refund: Row) -> int | None:
    """The tier that names a group is as old as the world, so every request knew it."""
    tier = RuleTier.objects.filter(rule__name=refund["rule"], above__lt=refund["amount"])
    return tier.exclude(group=None).values_list("group", flat=True).first()


def _people(refund: Row) -> int:
    over = ApprovalLimit.objects.filter(currency=refund["currency"], two_above__lt=refund["amount"])
    tiers = RuleTier.objects.filter(rule__name=refund["rule"], above__lt=refund["amount"])
    return max([2 if over.exists() else 1, *tiers.values_list("people", flat=True)])


def as_approved(ledger: Ledger) -> Iterator[str]:
    """5. Nothing is paid that was changed after somebody approved it."""
    for refund in ledger.entered("executing", "executed", "doubt"):
        seen = ledger.approvals_of(refund["id"])
        if any(decision["id"] in ledger.outdated for decision in seen):
            yield f"refund {refund['id']} is paid though it changed after it was approved"


def runs_out(ledger: Ledger) -> Iterator[str]:
    """6. Every request runs out."""
    rows = ledger.now["refunds"].values()
    yield from (f"refund {r['id']} never runs out" for r in rows if r["expires_at"] is None)


def nothing_rewritten(ledger: Ledger) -> Iterator[str]:
    """7. What is kept is not rewritten or taken away."""
    for table, may_change in MAY_CHANGE.items():
        for old, new in ledger.kept(table):
            changed = {name for name in old if new.get(name) != old[name]} - may_change
            if changed:
                yield f"{table}: {sorted(changed)} of {old['id']} changed"
    for old, new in ledger.kept("looks"):
        if new and (new["visible_ms"] < old["visible_ms"] or _unsaid(old, new)):
            yield f"look {old['id']} was rewritten"


def only_moves_on(ledger: Ledger) -> Iterator[str]:
    """8. States follow the allowed ways."""
    for table, after in (("refunds", AFTER), ("executions", PAYING_AFTER)):
        for old, new in ledger.kept(table):
            if new and not _reachable(after, old["state"], new["state"]):
                yield f"{table}: {old['id']} went from {old['state']} to {new['state']}"


def _unsaid(old: Row, new: Row) -> bool:
    said = ("first_verdict", "first_amount", "first_at")
    return bool(old["first_verdict"]) and any(new[name] != old[name] for name in said)


def _reachable(after: dict[str, set[str]], old: str, new: str) -> bool:
    found, fresh = {old}, {old}
    while fresh:
        fresh = {state for each in fresh for state in after.get(each, ())} - found
        found |= fresh
    return new in found


def states_agree(ledger: Ledger) -> Iterator[str]:
    """10. A refund and its payment tell the same story."""
    for refund in ledger.now["refunds"].values():
        execution = ledger.execution_of(refund["id"])
        paying = execution["state"] if execution else None
        if paying not in GO_TOGETHER.get(refund["state"], {None}):
            yield f"refund {refund['id']} is {refund['state']}, its payment {paying}"
        if execution and (execution["amount"], execution["currency"]) != (
            refund["amount"],
            refund["currency"],
        ):
            yield f"refund {refund['id']} is paid with another amount"
        if refund["reference"] and not _on_file(ledger, refund):
            yield f"refund {refund['id']} is paid and not on file"


def _on_file(ledger: Ledger, refund: Row) -> bool:
    wanted = (refund["order_id"], "refund", refund["amount"], refund["reference"])
    rows = ledger.now["payments"].values()
    return any((p["order_id"], p["kind"], p["amount"], p["reference"]) == wanted for p in rows)


def seeded_moves_nothing(ledger: Ledger) -> Iterator[str]:
    """11. No money moves by a seeded check."""
    paid = {move.refund for move in ledger.side.moves()}
    asked = {order["refund"] for order in ledger.side.orders.values()}
    for refund in ledger.now["refunds"].values():
        moving = refund["id"] in paid | asked or ledger.execution_of(refund["id"])
        if refund["seeded"] and (moving or refund["state"] not in ("pending", "expired", "void")):
            yield f"the sealed check {refund['id']} moves money"


def nothing_forgotten(ledger: Ledger) -> Iterator[str]:
    """12. What the payment side paid is recorded as paid, or is in doubt; and nothing else is."""
    by_key = {execution["key"]: execution for execution in ledger.now["executions"].values()}
    for key, move in ledger.side.moved.items():
        execution = by_key.get(key)
        if execution is None or execution["state"] not in ("calling", "doubt", "done"):
            yield f"paid as {move.reference}, and here it is {execution}"
        elif execution["state"] == "done" and execution["reference"] != move.reference:
            yield f"paid as {move.reference}, and here as {execution['reference']}"
        elif (execution["amount"], execution["refund_id"]) != (move.amount, move.refund):
            yield f"another amount or refund was paid: {move}"
    paid = {move.reference for move in ledger.side.moves()}
    for refund in ledger.now["refunds"].values():
        if refund["state"] == "executed" and refund["reference"] not in paid:
            yield f"refund {refund['id']} is said to be paid and is not"
    yield from _by_hand(ledger)


def _by_hand(ledger: Ledger) -> Iterator[str]:
    """What a person paid is on file, or the receipt of the refusal has its reference."""
    refused = {k.output.get("reference") for k in ledger.told if k.status == "denied"}
    for move in ledger.side.by_hand:
        refund = {**ledger.now["refunds"][move.refund], "reference": move.reference}
        if not (_on_file(ledger, refund) or move.reference in refused):
            yield f"paid by hand as {move.reference}, and nothing says so"


ALL = (
    paid_once,
    within_captured,
    by_another_hand,
    within_limits,
    as_approved,
    runs_out,
    nothing_rewritten,
    only_moves_on,
    leaves_receipts,
    states_agree,
    seeded_moves_nothing,
    nothing_forgotten,
)


def broken(ledger: Ledger) -> list[str]:
    """Sentences about everything that does not hold, by the name of the invariant."""
    return [f"{each.__name__}: {said}" for each in ALL for said in each(ledger)]


def broken_at_the_end() -> list[str]:
    """The whole chain, read again from the database."""
    return list(receipts.verify_chain())
