"""Invented cases: which facts and clauses a shop happens to know about a ticket."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Final

from triage.facts import KINDS, MAX_CLAUSES, MAX_FACTS
from triage.focal.corpus.phrases import KEPT_EVERY, load, split
from triage.grounding import Slot

STATUSES: Final[dict[str, tuple[str, ...]]] = {
    "waiting": (
        *("pending", "processing", "placed", "paid", "packed", "open", "confirmed"),
        *("awaiting dispatch", "new", "being packed", "received"),
    ),
    "moving": ("shipped", "in transit", "dispatched", "out for delivery", "processed"),
    "held": ("delayed", "on hold", "backordered", "lost"),
    "done": ("delivered", "completed", "fulfilled", "collected"),
    "back": (
        *("returned", "return requested", "exchange requested", "refunded"),
        *("partly refunded", "return received"),
    ),
    "off": ("cancelled", "canceled", "void"),
}
ON_ITS_WAY: Final = frozenset(
    status for state in ("waiting", "moving", "held") for status in STATUSES[state]
)
OUTCOME_TOPIC: Final = {
    "review refund": "refund_method",
    "review store credit": "store_credit",
    "review replacement": "replacement",
    "ask photo": "photos",
}
DECIDED: Final = ("review refund", "review store credit", "review replacement", "refuse")
"""Outcomes that rest on a clause; shops mostly offer that one first."""
NEIGHBOURS: Final = (
    ("tracking", "delivery_times", "late", "lost", "delivery_cost", "address", "customs"),
    ("cancel", "cancel_late", "change", "subscription", "refund_method", "stock"),
    ("return_window", "return_condition", "return_how", "return_cost", "refund_method")
    + ("refund_time", "final_sale", "hygiene", "exchange", "store_credit", "gifts"),
    ("damaged", "photos", "wrong_item", "missing", "replacement", "repair", "warranty")
    + ("warranty_limits", "return_window", "exchange", "refund_method"),
    ("payment", "charging", "double_charge", "invoice", "refund_method", "refund_time", "voucher")
    + ("price_match", "gift_card", "store_credit"),
    ("account", "password", "privacy", "newsletter", "loyalty", "complaint"),
    ("product_info", "sizing", "stock", "price_match", "repair", "warranty"),
)


@dataclass(frozen=True)
class Situation:
    """What is true of a case before anything is written."""

    intent: str
    outcome: str
    urgency: str
    status: str


def relevant_topics(intent: str, outcome: str) -> frozenset[str]:
    """The topics a reply cites: the intent's own, and what the outcome adds."""
    about = load("intents")[intent]
    added = about["refuse"] if outcome == "refuse" else [OUTCOME_TOPIC.get(outcome, "")]
    return frozenset(about["core"]).union(filter(None, added))


def facts(rng: Random, case: Situation, held_out: bool) -> list[Slot]:
    """The facts of the case as slots, numbered and ordered as it comes."""
    kinds = _account_kinds(rng)
    likely = 0.5 if load("intents")[case.intent]["facts"] == "none" else 0.9
    if case.outcome != "ask order" and rng.random() < likely:
        kinds += _order_kinds(rng, case)
        kinds += ["other_order"] * rng.choice([0, 0, 0, 0, 1, 2])
    else:
        kinds += ["other_order"] * rng.choice([0, 0, 1, 2, 2, 3, 3, 4])
    if case.outcome in ("review refund", "review store credit") and rng.random() < 0.75:
        kinds.append("amount")
    return _numbered(rng, kinds[:MAX_FACTS], case.status)


def _account_kinds(rng: Random) -> list[str]:
    odds = {"shop": 0.85, "ticket": 0.8, "customer": 0.85}
    if rng.random() < 0.75:
        odds |= {"since": 0.85, "orders": 0.9, "spent": 0.85}
        odds |= {"refunds": 0.6, "refunded": 0.5}
    return [kind for kind, chance in odds.items() if rng.random() < chance]


def _order_kinds(rng: Random, case: Situation) -> list[str]:
    moving = case.status in ON_ITS_WAY
    odds = {
        "order": 0.97,
        "placed": 0.85,
        "status": 0.92,
        "promised": 0.5 if moving else 0.3,
        "delivered": 0.9 if case.status in STATUSES["done"] + STATUSES["back"] else 0,
        "tracking": 0.2 if case.status in STATUSES["waiting"] else 0.5,
        "total": 0.7,
        "paid": 0.75,
    }
    kinds = [kind for kind, chance in odds.items() if rng.random() < chance]
    return kinds + ["item"] * rng.choice([0, 1, 1, 1, 1, 1, 2, 2, 3, 4, 5])


def _numbered(rng: Random, kinds: list[str], status: str) -> list[Slot]:
    numbers = list(range(1, MAX_FACTS + 1))
    if rng.random() < 0.5:
        rng.shuffle(kinds)
    if rng.random() < 0.5:
        rng.shuffle(numbers)
    return [
        Slot(
            name=f"F{number}",
            about=KINDS[kind],
            value=status if kind == "status" else "…",
            ref=kind,
            kind=kind,
        )
        for number, kind in zip(numbers, kinds, strict=False)
    ]


def clauses(rng: Random, case: Situation, held_out: bool) -> list[Slot]:
    """Up to six clauses, up to three of them to the point; ``ref`` is the topic."""
    wanted = sorted(relevant_topics(case.intent, case.outcome))
    topics = rng.choices(wanted, k=rng.choices([0, 1, 2, 3], [14, 50, 27, 9])[0])
    offered = max(len(topics), rng.choice([0, 1, 2, 3, 4, 4, 5, 5, 6, 6, 6, 6]))
    topics += _distractors(rng, wanted, offered - len(topics))
    first = topics[:1]
    rng.shuffle(topics)
    if first and case.outcome in DECIDED and rng.random() < 0.7:
        topics.insert(0, topics.pop(topics.index(first[0])))
    numbers = list(range(1, MAX_CLAUSES + 1))
    if rng.random() < 0.3:
        rng.shuffle(numbers)
    return [
        _clause(rng, number, topic, held_out)
        for number, topic in zip(numbers, topics, strict=False)
    ]


def _distractors(rng: Random, wanted: list[str], count: int) -> list[str]:
    """Topics that are not wanted, most of them close to those that are."""
    near = {t for group in NEIGHBOURS if set(group) & set(wanted) for t in group}
    pools = [sorted(near - set(wanted)), sorted(set(load("clauses")) - set(wanted))]
    picked: list[str] = []
    while len(picked) < count:
        topic = rng.choice(pools[0] if pools[0] and rng.random() < 0.65 else pools[1])
        if topic not in picked or rng.random() < 0.1:
            picked.append(topic)
    return picked


def _clause(rng: Random, number: int, topic: str, held_out: bool) -> Slot:
    words = load("clauses")[topic]
    whole = words.get("whole", ())
    if held_out and len(whole) < KEPT_EVERY:
        whole = ()
    if whole and rng.random() < 0.35:
        about = rng.choice(split(whole, held_out))
        return Slot(name=f"P{number}", about=about, value="…", ref=topic, kind="clause")
    titles = words["titles"]
    if rng.random() < 0.1:
        titles = ["Terms of sale", "Customer policy", "Help centre", "Shop rules", "FAQ"]
    heading = rng.choice(split(words["headings"], held_out))
    return Slot(
        name=f"P{number}",
        about=f"{rng.choice(split(titles, held_out))}: {heading}",
        value="…",
        ref=topic,
        kind="clause",
    )
