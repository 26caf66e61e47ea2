"""Why a decision was not taken. Each message is shown to the person as it stands."""


class Refused(Exception):
    """Nothing was changed. ``status`` is the HTTP status a page answers with."""

    status = 403


class NotPending(Refused):
    """Somebody decided already, or the request ran out."""

    status = 409


class Stale(Refused):
    """What the person saw is not what is there now: they must look again."""

    status = 409


class OwnWork(Refused):
    """The person asked for this refund, edited it, or wrote the reply."""


class OverLimit(Refused):
    """The amount is above what the person may approve."""


class Incomplete(Refused):
    """Something needed is missing or cannot be: a reason, a reference, an amount."""

    status = 422
