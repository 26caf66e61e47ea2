"""Why a decision was not taken. Each message is shown to the person as it stands."""

from collections.abc import Sequence


class Refused(Exception):
    """Nothing was changed. ``status`` is the HTTP status a page answers with."""

    status = 403


class NotPending(Refused):
    """Somebody decided already, or the request ran out."""

    status = 409


class Stale(Refused):
    """What the person saw is not what is there now: they must look again.

    ``changes`` are sentences that say what changed, where that is known.
    """

    status = 409

    def __init__(self, message: str, *, changes: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.changes = tuple(changes)


class FirstOpinion(Refused):
    """They have to say what they would do before they see what is recommended."""

    status = 409


class NothingToCopy(Refused):
    """There is no real request yet that a made-up one could look like."""

    status = 409


class OwnWork(Refused):
    """The person asked for this refund, edited it, or wrote the reply."""


class OverLimit(Refused):
    """The amount is above what the person may approve."""


class Incomplete(Refused):
    """Something needed is missing or cannot be: a reason, a reference, an amount."""

    status = 422
