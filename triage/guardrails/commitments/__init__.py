"""What a reply gives away, read from free text and weighed against what people approved.

Pure: standard library only. ``reading`` finds in a sentence whether money is promised or said
to be paid, ``amounts`` how much, and ``weighing`` whether the records bear it out.
"""

from triage.guardrails.commitments.authorisation import (
    Granted,
    Records,
    Unborne,
    own_words,
    unborne,
)

__all__ = ["Granted", "Records", "Unborne", "own_words", "unborne"]
