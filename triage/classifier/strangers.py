"""Stand-ins for messages that are none of the shop's, so that a guarantee counts them.

Evidence made of a shop's own examples holds no such message, and a real inbox does: of three
live support bots (HINT3, Arora et al. 2020, arXiv 2009.13833) more than half of the traffic
asked for something that nobody had listed. So the examples of each intent are judged once by
machines that were not shown the intent: every label they would get is a wrong one, and a near
one. Examples that a person named as none of ours count beside them.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Flags = NDArray[np.bool_]
    Numbers = NDArray[np.float64]
    Places = NDArray[np.int64]

ASSUMED_SHARE = 0.3  # of all messages, until tickets drawn by lot say otherwise
MIN_NAMED = 30  # examples named as none of ours from which they are strangers, and count half


@dataclass(frozen=True)
class Strangers:
    """n texts judged by machines that were shown nothing of their kind.

    ``guess`` (n,) is the label each would get, ``outside`` (n,) flags those that are turned
    away, ``intent`` (n,) is the intent that was held out, or -1 for a text of no intent.
    """

    confidence: Numbers
    guess: Places
    outside: Flags
    intent: Places

    def __len__(self) -> int:
        return len(self.intent)

    def select_rows(self, rows: Flags) -> Strangers:
        return Strangers(
            self.confidence[rows], self.guess[rows], self.outside[rows], self.intent[rows]
        )

    def flag_given(self, threshold: float) -> Flags:
        """Those that get a label, a wrong one, by themselves."""
        return np.asarray((self.confidence >= threshold) & ~self.outside)

    def weigh_rows(self) -> Numbers:
        """The weight (n,) of each text, one in all: of texts of an intent and of none each kind
        counts half, or alone where there is no other.
        """
        nowhere = self.intent < 0
        kinds = max(1, len(np.unique(nowhere)))
        many = np.where(nowhere, nowhere.sum(), (~nowhere).sum())  # of its kind
        return np.asarray(1 / (kinds * many))

    def iter_given_shares(self, threshold: float, risk: float) -> Iterator[tuple[float, float]]:
        """The share that gets a label and its upper bound, of each kind, by its weight."""
        given, weights, nowhere = self.flag_given(threshold), self.weigh_rows(), self.intent < 0
        for kind in (nowhere, ~nowhere):
            if weight := float(weights[kind].sum()):
                share, bound = compute_given_bound(given[kind], self.intent[kind], risk)
                yield weight * share, weight * bound


NO_STRANGERS = Strangers(np.zeros(0), np.zeros(0, np.int64), np.zeros(0, bool), np.zeros(0, int))


def join_strangers(*several: Strangers) -> Strangers:
    return Strangers(
        np.concatenate([one.confidence for one in several]),
        np.concatenate([one.guess for one in several]),
        np.concatenate([one.outside for one in several]),
        np.concatenate([one.intent for one in several]),
    )


def compute_given_bound(given: Flags, intents: Places, risk: float) -> tuple[float, float]:
    """The share of strangers that get a label, and its one-sided upper bound.

    Texts of one intent are let through together, so their number says too little: the bound is
    the larger one of Clopper and Pearson's over texts and Student's over intents.
    """
    from scipy.stats import t

    bound = compute_upper_bound(int(given.sum()), len(given), risk)
    shares = [float(given[intents == one].mean()) for one in np.unique(intents)]
    if len(shares) < 2:
        return float(given.mean()), bound
    error = float(np.std(shares, ddof=1)) / math.sqrt(len(shares))
    return float(given.mean()), max(
        bound, min(1.0, float(np.mean(shares) + t.ppf(1 - risk, len(shares) - 1) * error))
    )


def estimate_share(strange: Flags, assumed: float, enough: int) -> float:
    """The share of messages that are none of ours, 0 to 1: the ``assumed`` one, and the more
    what ``strange`` says of the tickets that were checked, the nearer these are to ``enough``.
    """
    if not len(strange):
        return assumed
    known = min(1.0, len(strange) / enough)
    return (1 - known) * assumed + known * float(strange.mean())


def compute_wrong_bound(
    wrong: int,
    given: int,
    coverage: float,
    target: float,
    risk: float,
    *,
    share: float,
    strange: list[tuple[float, float]],
) -> float:
    """The upper bound of the wrong share among automatic labels, to hold against 1 - ``target``.

    ``wrong`` of ``given`` own texts, which are the ``coverage`` (0 to 1) of all own ones; of all
    messages a ``share`` is strange and gets labels as ``strange`` says (shares and bounds).
    The bounds of own and strange errors are put together by the squares of their margins (MOVER:
    Zou and Donner 2008, Statistics in Medicine 27).
    """
    bound = compute_upper_bound(wrong, given, risk)
    if not share or not strange:
        return bound
    # of all labels a/(a + s) are own, and wrong ≤ 1 - target is the same as: own error rate
    # + load · strange share ≤ 1 - target
    load = share * target / ((1 - share) * coverage)
    error = wrong / given
    margins = [bound - error, *(load * (upper - seen) for seen, upper in strange)]
    return error + load * sum(seen for seen, _ in strange) + math.hypot(*margins)


def compute_upper_bound(wrong: int, count: int, risk: float) -> float:
    """The one-sided Clopper-Pearson bound of an error rate."""
    from scipy.stats import beta

    return float(beta.ppf(1 - risk, wrong + 1, count - wrong)) if wrong < count else 1.0
