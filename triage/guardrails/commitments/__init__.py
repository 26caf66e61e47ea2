"""What a reply gives away, read from free text and weighed against what people approved.

Pure: standard library only. ``sentence_reading`` finds in a sentence whether money is promised
or said to be paid, ``triage.nlu.money`` how much, and ``authorisation`` whether the records bear
it out. ``draft_check`` reads what our own writers compose. The words of all are in
``lexicon.toml``.
"""

from triage.guardrails.commitments.authorisation import (
    ApprovedMoney,
    Records,
    UnapprovedCommitment,
    find_unapproved_commitments,
    iter_own_sentences,
)

__all__ = [
    "ApprovedMoney",
    "Records",
    "UnapprovedCommitment",
    "iter_own_sentences",
    "find_unapproved_commitments",
]
