"""Does a sentence commit the shop to what nobody has decided?

Pure. Money moves when a supervisor agrees, and until then a reply may say that it is being
looked at, never that it is settled. Wordings of a promise are without end, so it is the
other way round: what speaks of money or goods has to be one of the few things that may be
said of them. It takes up what the customer wrote, says that it is under review, states a
stored amount, or says what a clause says.
"""

from __future__ import annotations

from typing import Final

from triage.contract.fact_types import CLAUSE
from triage.guardrails.commitments.authorisation import ALL_OF_IT
from triage.guardrails.commitments.commitment_book import COMMITMENT_BOOK
from triage.guardrails.commitments.sentence_reading import CommitmentLevel, detect_commitment
from triage.guardrails.statement import VALUE, Statement
from triage.nlu.content_words import parse_word_list

AMOUNT_KINDS: Final = parse_word_list("paid total spent refunds refunded said_amount")
EARLIER_REFUND_KINDS: Final = parse_word_list("refunds refunded")
"""What was paid back before, of which a summary tells."""
DECIDED_OUTCOMES: Final = ("approved ", "paid ")
APPROVED_REPLACEMENT: Final = "approved replacement"
"""What a decision of people begins with."""
MIN_CLAUSE_COVERAGE: Final = 0.6
"""The share of its content that a clause has where a sentence says what the clause says."""
MIN_RELATED_COVERAGE: Final = 0.45
"""The share from which on it speaks of the clause, where it commits to nothing."""

_compile = COMMITMENT_BOOK.compile_list
REVIEW_WORDS: Final = _compile("draft_review_word")
REMEDY: Final = _compile("draft_remedy")
TAKEN_UP: Final = _compile("draft_taken_up")
OFFERED: Final = _compile("draft_offered")
UNDER_REVIEW: Final = _compile("draft_under_review")
DENIAL: Final = _compile("draft_denial")
PRICE: Final = _compile("draft_price")
ACTOR: Final = _compile("draft_actor")
CONDITION: Final = _compile("condition")
HELD_BACK: Final = _compile("draft_held_back")
REQUESTED: Final = _compile("draft_requested")
CHEERFUL: Final = _compile("draft_cheerful")
PROPOSED: Final = _compile("draft_proposed")
DENIES_REVIEW: Final = _compile("draft_denies_review")
OWN_PART: Final = _compile("draft_own_part")
GRANTS: Final = _compile("draft_grants")
EXTRA_REMEDIES: Final = _compile("draft_extra_remedy")
REMEDIES: Final = {
    "refund": _compile("draft_refund"),
    "store credit": _compile("draft_store_credit"),
    "replacement": _compile("draft_replacement"),
}
COMMITMENTS: Final = tuple(
    _compile(f"draft_{way}")
    for way in (
        "own_remedy",
        "act",
        "gift",
        "assurance",
        "you_are_getting",
        "customer_will_be",
        "has_been_offered",
        "let_me",
        "gesture",
        "eligible",
        "you_will_be",
        "word_given",
    )
)
"""Each way to commit is looked for by itself: one that is held back does not hide another."""
MONEY_COMMITMENTS: Final = tuple(
    _compile(f"draft_{way}")
    for way in ("give", "put_discount", "customer_will_get", "you_will_get", "will_be_sent")
)
"""Commitments where money or goods are spoken of."""
DECISION_CLAIMS: Final = tuple(
    _compile(f"draft_{way}")
    for way in (
        "is_done",
        "staff_agreed",
        "colleague_has",
        "request_has",
        "staff_sent",
        "colleague_agrees",
        "being_processed",
        "colleague_willing",
        "green_light",
        "approval_given",
        "on_its_way",
    )
)


GONE_CLAIMS: Final = tuple(_compile(f"draft_{way}") for way in ("staff_sent", "on_its_way"))


def find_unauthorised_commitment(said: Statement, covered: float) -> str:
    """Why the sentence commits the shop to what nobody approved, or an empty string.

    ``covered`` is the share of the sentence's content that a clause has, between 0 and 1.
    """
    if said.is_reply and said.task.outcome.startswith(DECIDED_OUTCOMES):
        spoken = detect_commitment(said.prose, follows=True, asked=True)
        if spoken != CommitmentLevel.NOTHING or _is_approved_replacement(said):
            return _find_excess_over_approval(said, spoken)
    if _is_decision_claim(said):
        return "says that it is decided, and nobody has decided it"
    if not said.kinds & EARLIER_REFUND_KINDS and _is_commitment(said.prose, covered):
        return "promises what nobody has decided"
    if _is_good_news(said, covered):
        return "says that it is decided, and nobody has decided it"
    if said.is_reply and not _is_permitted_mention(said, covered):
        return "speaks of money or goods that nobody has decided on"
    return _find_wrong_remedy(said) or _find_decision_contradiction(said)


def _is_approved_replacement(said: Statement) -> bool:
    """Whether it tells of the replacement that people approved, and not that it has left."""
    return (
        said.task.outcome == APPROVED_REPLACEMENT
        and bool(REMEDIES["replacement"].search(said.prose))
        and not any(pattern.search(said.prose) for pattern in GONE_CLAIMS)
    )


def _find_excess_over_approval(said: Statement, spoken: CommitmentLevel) -> str:
    """Why the sentence goes beyond what people approved, or an empty string.

    Approved is one amount of one kind, and it may be called paid only once it is.
    """
    if spoken == CommitmentLevel.PAID and not said.task.outcome.startswith("paid"):
        return "says that it was paid, and it is not yet"
    if said.kinds & AMOUNT_KINDS - {"amount"} or ALL_OF_IT.search(said.prose):
        return "promises another amount than was approved"
    others = {name for name, words in REMEDIES.items() if words.search(said.prose)}
    if others - {said.task.outcome.partition(" ")[2]} or EXTRA_REMEDIES.search(said.prose):
        return "promises more than was approved"
    return ""


def _is_commitment(prose: str, covered: float) -> bool:
    """Whether the prose commits to something.

    Under a condition it does not where a clause says the same or a review is spoken of.
    """
    for pattern in (*COMMITMENTS, *(MONEY_COMMITMENTS if REMEDY.search(prose) else ())):
        found = pattern.search(prose)
        if found and not HELD_BACK.search(prose, 0, found.start()):
            weighed = covered >= MIN_CLAUSE_COVERAGE or UNDER_REVIEW.search(prose)
            if not weighed or not CONDITION.search(prose):
                return True
    return False


def _is_permitted_mention(said: Statement, covered: float) -> bool:
    """Whether all that the sentence says of money or goods is of the permitted kinds."""
    if (
        covered >= (MIN_CLAUSE_COVERAGE if ACTOR.match(said.prose) else MIN_RELATED_COVERAGE)
        or said.kinds & AMOUNT_KINDS
        or said.prose.rstrip().endswith((": •", ":", "?"))
    ):
        return True
    if OFFERED.search(said.prose) or UNDER_REVIEW.search(said.prose) or _is_already_refunded(said):
        return True
    return all(
        TAKEN_UP.search(part) or (DENIAL.search(part) and not PRICE.search(part))
        for part in said.parts
        if REMEDY.search(part) or (VALUE in part and "amount" in said.kinds)
    )


def _is_already_refunded(said: Statement) -> bool:
    """Whether the order's own status says that money went back, and none is under review."""
    status = " ".join(slot.value for slot in said.task.list_slots("status")).lower()
    return "refund" in status and not said.task.outcome.startswith("review")


def _is_decision_claim(said: Statement) -> bool:
    """Whether the sentence says that something is decided.

    What the order's own status says, and refunds made earlier, do not count.
    """
    prose = said.prose
    if _is_already_refunded(said) or not (said.is_reply or REQUESTED.search(prose)):
        return False
    if said.kinds & EARLIER_REFUND_KINDS:
        return False
    return any(
        found
        and not CONDITION.search(prose, 0, found.end())
        and not HELD_BACK.search(prose[: found.end()])
        for found in (pattern.search(prose) for pattern in DECISION_CLAIMS)
    )


def _is_good_news(said: Statement, covered: float) -> bool:
    """Whether money or goods are told of as good news, and neither a clause nor a review."""
    found = CHEERFUL.search(said.prose)
    if not found or _is_already_refunded(said) or not REQUESTED.search(said.prose, found.end()):
        return False
    weighed = (
        covered >= MIN_CLAUSE_COVERAGE or CLAUSE in said.kinds or UNDER_REVIEW.search(said.prose)
    )
    return not weighed and not HELD_BACK.search(said.prose[: found.end()])


def _find_wrong_remedy(said: Statement) -> str:
    """Why the remedy that the sentence says is under review is not the one proposed, or an empty
    string.
    """
    if not said.is_reply or not PROPOSED.search(said.prose):
        return ""
    for name, words in REMEDIES.items():
        if words.search(said.prose) and said.task.outcome != f"review {name}":
            return f"speaks of a {name} under review, and none is"
    return ""


def _find_decision_contradiction(said: Statement) -> str:
    outcome = said.task.outcome.partition(" ")[0]
    denies = DENIES_REVIEW.search(said.prose) if outcome not in ("refuse", "ask") else None
    if (
        said.is_reply
        and denies
        and not OWN_PART.search(said.prose)
        and not CONDITION.search(said.prose, 0, denies.start())
    ):
        return "denies that it is being looked at"
    grants = GRANTS.search(said.prose) if outcome == "refuse" else None
    if grants and not HELD_BACK.search(said.prose[: grants.start()].replace(" but ", ", ")):
        return "grants what was refused"
    return ""
