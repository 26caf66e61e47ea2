"""A promise such as "98 of 100 automatic labels are right", and the threshold that keeps it.

The threshold is chosen on predictions of models that had not seen the text. Coverages are
tested from a pre-registered start upwards, each by the exact binomial test (the one-sided
bound of Clopper and Pearson 1934), and the walk ends at the first that fails: fixed-sequence
testing, Bauer 1991, as in Learn then Test, Angelopoulos et al. 2021, arXiv 2110.01052.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]
    Flags = NDArray[np.bool_]

RISK = 0.05  # how often a promise may be given that does not hold
START = 0.3  # the coverage tested first: registered here, so that no data chooses it
STEP, FINE = 0.05, 0.01  # from one coverage tested to the next; fine where there are
MANY = 5_000  # rows or more: few rows stop a fine walk by chance
FAR = 1_000_000  # more labels than this is nobody's plan


@dataclass(frozen=True)
class Evidence:
    """Rows judged by a model that had not seen them, one entry each.

    ``guess`` and ``truth`` are positions in ``labels``, ``truth`` is -1 for none of ours.
    ``outside`` flags rows the detector would turn away: they get no automatic label.
    ``audited`` flags rows that are tickets a person looked at by lot.
    """

    labels: tuple[str, ...]
    confidence: Numbers
    guess: NDArray[np.int64]
    truth: NDArray[np.int64]
    outside: Flags
    audited: Flags

    def __len__(self) -> int:
        return len(self.truth)

    @property
    def right(self) -> Flags:
        return np.asarray(self.guess == self.truth)

    def only(self, rows: Flags) -> Evidence:
        return replace(
            self,
            confidence=self.confidence[rows],
            guess=self.guess[rows],
            truth=self.truth[rows],
            outside=self.outside[rows],
            audited=self.audited[rows],
        )


@dataclass(frozen=True)
class LabelPromise:
    """What the evidence says about one label's automatic rows.

    ``at_least`` is the lower bound of the share that is right. ``kept`` is True where that
    bound reaches the target, False where even the upper bound stays below it, and None
    where there are too few rows to say; ``more`` is then about how many would do.
    """

    label: str
    automatic: int
    right: int
    at_least: float
    kept: bool | None
    more: int | None
    sentence: str


@dataclass(frozen=True)
class Promise:
    """A threshold on the confidence and what is promised of the labels above it.

    ``coverage`` is the share of texts that get a label by themselves, those of labels that
    are ``withheld`` left out. Where ``valid`` is
    False none may: ``threshold`` is then 1.01, above every confidence, and ``more`` says
    about how many further labels are needed, or None where more labels alone will not do.
    ``evidence`` is "tickets" where people checked tickets drawn by lot, else "examples".
    """

    target: float
    threshold: float
    coverage: float
    examples: int
    evidence: Literal["tickets", "examples"]
    valid: bool
    more: int | None
    per_label: tuple[LabelPromise, ...]
    sentence: str

    @property
    def withheld(self) -> frozenset[str]:
        """Labels that the evidence shows to be wrong too often: none is given by itself."""
        return frozenset(one.label for one in self.per_label if one.kept is False)


NEVER = 1.01


def promised(evidence: Evidence, target: float, *, risk: float = RISK) -> Promise:
    """The promise for a target such as 0.95; holds with probability 1 - ``risk``.

    Rests on audited tickets as soon as there are enough to prove anything, until then on
    the written examples. Raises ValueError for a target outside 0.5 to 0.999.
    """
    if not 0.5 <= target <= 0.999:
        raise ValueError("A target is a share between 0.5 and 0.999, such as 0.95.")
    audited = int(evidence.audited.sum())
    tickets = audited >= fewest(target, risk)
    rows = evidence.only(evidence.audited if tickets else ~evidence.audited)
    confidence = np.where(rows.outside, -1.0, rows.confidence)
    threshold, coverage = threshold_for(confidence, rows.right, target, risk=risk)
    given = rows.only(confidence >= threshold)
    labels = tuple(_of_label(given, place, target, risk) for place in range(len(rows.labels)))
    broken = [place for place, one in enumerate(labels) if one.kept is False]
    coverage -= float(np.isin(given.guess, broken).sum()) / max(1, len(rows))
    kind: Literal["tickets", "examples"] = "tickets" if tickets else "examples"
    more = None if coverage else _more(confidence, rows.right, target, risk)
    return Promise(
        target=target,
        threshold=threshold,
        coverage=coverage,
        examples=len(rows),
        evidence=kind,
        valid=coverage > 0,
        more=more,
        per_label=labels,
        sentence=_sentence(target, coverage, len(rows), kind, more),
    )


def threshold_for(
    confidence: Numbers, right: Flags, target: float, *, risk: float = RISK
) -> tuple[float, float]:
    """The lowest threshold that keeps the target, and its coverage; (1.01, 0) if none does.

    Rows with a negative confidence count in the coverage but never get a label.
    """
    order = np.argsort(-confidence, kind="stable")
    sure, wrong = confidence[order], np.cumsum(~right[order])
    threshold, coverage = NEVER, 0.0
    step = FINE if len(sure) >= MANY else STEP
    for share in np.arange(START, 1.0 + step / 2, step):
        count = _with_ties(sure, min(len(sure), math.ceil(share * len(sure))))
        if (
            count == 0
            or sure[count - 1] < 0
            or not _kept(int(wrong[count - 1]), count, target, risk)
        ):
            break
        threshold, coverage = float(sure[count - 1]), count / len(sure)
    return threshold, coverage


def naive_threshold(confidence: Numbers, right: Flags, target: float) -> tuple[float, float]:
    """The lowest threshold whose observed share is the target, without any bound, for comparison."""
    order = np.argsort(-confidence, kind="stable")
    share = np.cumsum(right[order]) / np.arange(1, len(order) + 1)
    fits = np.flatnonzero((share >= target) & (confidence[order] >= 0))
    if not len(fits):
        return NEVER, 0.0
    return float(confidence[order][fits[-1]]), float((fits[-1] + 1) / len(order))


BETS = (0.02, 0.05, 0.1, 0.2, 0.4)  # none so bold that one error raises the alarm by itself
ENOUGH = 1e9  # wealth is not counted further
ROOM = 50  # observations between the starts from which a change is looked for


@dataclass(frozen=True)
class StillValid:
    """Whether a promise is borne out since activation.

    ``wrong`` of ``count`` labels were wrong. ``since`` is the observation, counted from 0, at
    which the promise was found broken; None while ``valid``.
    """

    valid: bool
    count: int
    wrong: int
    since: int | None


def still_valid(right: Sequence[bool], target: float, *, risk: float = RISK) -> StillValid:
    """A test of "``target`` of the labels are right" that may be looked at after every label.

    ``right`` has one entry for each automatic label a person checked since activation, in
    that order. A promise that holds is called broken with probability ``risk`` at most,
    however long it is watched: Ville's inequality for a betting martingale (Waudby-Smith and
    Ramdas 2024, JRSS B 86, arXiv 2010.09686; Podkopaev and Ramdas 2022, arXiv 2110.06177),
    mixed over bets and over the times at which things may have changed. MAPIE's
    RiskMonitoring does the same with an empirical Bernstein bound, and needs 3 to 25 times
    as many labels to notice the same change.
    """
    wrong = ~np.asarray(right, bool)
    broken = np.flatnonzero(_wealth(wrong, 1 - target) >= 1 / risk)
    return StillValid(
        valid=not len(broken),
        count=len(wrong),
        wrong=int(wrong.sum()),
        since=int(broken[0]) if len(broken) else None,
    )


def _wealth(wrong: Flags, allowed: float) -> Numbers:
    """What a gambler has who bets one coin on more errors than ``allowed``, after each label."""
    bets = np.array(BETS) / allowed
    playing, wealth = np.zeros(len(BETS)), np.ones(len(wrong))
    purse = 1.0
    for place, error in enumerate(wrong):
        if place % ROOM == 0:
            start = place // ROOM + 1
            stake = 1 / (start * (start + 1))
            purse, playing = purse - stake, playing + stake / len(BETS)
        playing = np.minimum(playing * (1 + bets * (error - allowed)), ENOUGH)
        wealth[place] = purse + playing.sum()
    return wealth


def fewest(target: float, risk: float = RISK) -> int:
    """How many rows, all of them right, can prove anything: 197 for 95 %, 495 for 98 %."""
    return math.ceil(math.ceil(math.log(risk) / math.log(target)) / START)


def upper_bound(wrong: int, count: int, risk: float = RISK) -> float:
    """The one-sided Clopper-Pearson bound of an error rate."""
    from scipy.stats import beta

    return float(beta.ppf(1 - risk, wrong + 1, count - wrong)) if wrong < count else 1.0


def _with_ties(sure: Numbers, count: int) -> int:
    """Rows as sure as the last are let through with it."""
    return int(np.searchsorted(-sure, -sure[count - 1], side="right")) if count else 0


def _kept(wrong: int, count: int, target: float, risk: float) -> bool:
    return upper_bound(wrong, count, risk) <= 1 - target


def _more(confidence: Numbers, right: Flags, target: float, risk: float) -> int | None:
    """How many more rows would do if the surest went on being right as often as they are."""
    order = np.argsort(-confidence, kind="stable")[: math.ceil(START * len(confidence))]
    order = order[confidence[order] >= 0]
    needed = _needed(int((~right[order]).sum()), len(order), target, risk)
    return None if needed is None else max(1, math.ceil(needed / START) - len(confidence))


def _needed(wrong: int, count: int, target: float, risk: float) -> int | None:
    """So many rows would prove the target if they went on like these; None if none would.

    Where these are too few to tell, half of the errors that the target allows are expected.
    """
    errors = wrong / count if count else 0.0
    if errors >= 1 - target:
        if upper_bound(count - wrong, count, risk) < target:
            return None
        errors = (1 - target) / 2
    needed = math.ceil(math.log(risk) / math.log(target))
    while not _kept(math.ceil(errors * needed), needed, target, risk):
        needed = math.ceil(needed * 1.05)
        if needed > FAR:
            return None
    return needed


def _of_label(given: Evidence, place: int, target: float, risk: float) -> LabelPromise:
    """Of the rows that get this label by themselves; each label has a bound of its own."""
    mine = given.right[given.guess == place]
    count, right = len(mine), int(mine.sum())
    at_least = 1 - upper_bound(count - right, count, risk) if count else 0.0
    broken = count > 0 and upper_bound(right, count, risk) < target
    kept = True if at_least >= target else False if broken else None
    needed = _needed(count - right, count, target, risk)
    more = max(1, needed - count) if kept is None and needed is not None else None
    sentence = _label_sentence(kept, right, count, target, more)
    return LabelPromise(given.labels[place], count, right, at_least, kept, more, sentence)


def _label_sentence(
    kept: bool | None, right: int, count: int, target: float, more: int | None
) -> str:
    seen = f"{right} of {count} right"
    if kept:
        return f"{100 * target:.3g} of 100 kept: {seen}."
    if kept is False:
        return f"Not kept: {seen}."
    if more is None:
        return f"Too few to say, and wrong too often so far: {seen}."
    if more > MANY:
        return f"Too few to say: {seen}, and far more are needed."
    return f"Too few to say: {seen}, about {more:,} more are needed."


def _sentence(target: float, coverage: float, examples: int, kind: str, more: int | None) -> str:
    share = f"{100 * target:.3g} of 100"
    if coverage:
        basis = (
            f"measured on {examples:,} tickets that people checked"
            if kind == "tickets"
            else f"measured on {examples:,} examples, not yet on tickets drawn by lot"
        )
        return (
            f"{share} automatic labels are right, {basis}; {coverage:.0%} of such messages get one."
        )
    if more is None:
        return (
            f"{share} cannot be promised: even the surest labels are wrong too often. "
            "Mend the examples or ask for less."
        )
    return f"{share} cannot be promised yet from {examples:,}: label about {more:,} more."
