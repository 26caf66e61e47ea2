"""A guarantee such as "98 of 100 automatic labels are right", and the threshold that keeps it.

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

RISK = 0.05  # how often a guarantee may be given that does not hold
FIRST_COVERAGE = 0.3  # the coverage tested first: registered here, so that no data chooses it
COVERAGE_STEP, FINE_COVERAGE_STEP = (
    0.05,
    0.01,
)  # from one coverage tested to the next; fine where there are
MANY_ROWS = 5_000  # rows or more: few rows stop a fine walk by chance
MAX_NEEDED_ROWS = 1_000_000  # more labels than this is nobody's plan


@dataclass(frozen=True)
class Evidence:
    """Rows judged by a model that had not seen them, one entry each.

    ``guess`` and ``truth`` are positions in ``labels``, ``truth`` is -1 for out of scope.
    ``outside`` flags rows the detector would turn away: they get no automatic label.
    ``audited`` flags rows that are tickets of the audit sample.
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
    def is_right(self) -> Flags:
        return np.asarray(self.guess == self.truth)

    def select_rows(self, rows: Flags) -> Evidence:
        return replace(
            self,
            confidence=self.confidence[rows],
            guess=self.guess[rows],
            truth=self.truth[rows],
            outside=self.outside[rows],
            audited=self.audited[rows],
        )


@dataclass(frozen=True)
class LabelGuarantee:
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
class PrecisionGuarantee:
    """A threshold on the confidence and what is guaranteed of the labels above it.

    ``coverage`` is the share of texts that get a label by themselves, those of labels that
    are ``withheld`` left out. Where ``valid`` is
    False none may: ``threshold`` is then 1.01, above every confidence, and ``more`` says
    about how many further labels are needed, or None where more labels alone will not do.
    ``evidence`` is "tickets" where people checked the audit sample, else "examples".
    """

    target: float
    threshold: float
    coverage: float
    examples: int
    evidence: Literal["tickets", "examples"]
    valid: bool
    more: int | None
    per_label: tuple[LabelGuarantee, ...]
    sentence: str

    @property
    def withheld(self) -> frozenset[str]:
        """Labels that the evidence shows to be wrong too often: none is given by itself."""
        return frozenset(one.label for one in self.per_label if one.kept is False)


NO_THRESHOLD = 1.01


def compute_guarantee(
    evidence: Evidence, target: float, *, risk: float = RISK
) -> PrecisionGuarantee:
    """The guarantee for a target such as 0.95; holds with probability 1 - ``risk``.

    Rests on audited tickets as soon as there are enough to prove anything, until then on
    the written examples. Raises ValueError for a target outside 0.5 to 0.999.
    """
    if not 0.5 <= target <= 0.999:
        raise ValueError("A target is a share between 0.5 and 0.999, such as 0.95.")
    audited = int(evidence.audited.sum())
    tickets = audited >= compute_min_rows(target, risk)
    rows = evidence.select_rows(evidence.audited if tickets else ~evidence.audited)
    confidence = np.where(rows.outside, -1.0, rows.confidence)
    threshold, coverage = find_threshold(confidence, rows.is_right, target, risk=risk)
    given = rows.select_rows(confidence >= threshold)
    labels = tuple(_judge_label(given, place, target, risk) for place in range(len(rows.labels)))
    broken = [place for place, one in enumerate(labels) if one.kept is False]
    coverage -= float(np.isin(given.guess, broken).sum()) / max(1, len(rows))
    kind: Literal["tickets", "examples"] = "tickets" if tickets else "examples"
    more = None if coverage else _estimate_missing_rows(confidence, rows.is_right, target, risk)
    return PrecisionGuarantee(
        target=target,
        threshold=threshold,
        coverage=coverage,
        examples=len(rows),
        evidence=kind,
        valid=coverage > 0,
        more=more,
        per_label=labels,
        sentence=_format_sentence(target, coverage, len(rows), kind, more),
    )


def find_threshold(
    confidence: Numbers, right: Flags, target: float, *, risk: float = RISK
) -> tuple[float, float]:
    """The lowest threshold that keeps the target, and its coverage; (1.01, 0) if none does.

    Rows with a negative confidence count in the coverage but never get a label.
    """
    order = np.argsort(-confidence, kind="stable")
    sure, wrong = confidence[order], np.cumsum(~right[order])
    threshold, coverage = NO_THRESHOLD, 0.0
    step = FINE_COVERAGE_STEP if len(sure) >= MANY_ROWS else COVERAGE_STEP
    for share in np.arange(FIRST_COVERAGE, 1.0 + step / 2, step):
        count = _include_ties(sure, min(len(sure), math.ceil(share * len(sure))))
        if (
            count == 0
            or sure[count - 1] < 0
            or not _meets_target(int(wrong[count - 1]), count, target, risk)
        ):
            break
        threshold, coverage = float(sure[count - 1]), count / len(sure)
    return threshold, coverage


def find_naive_threshold(confidence: Numbers, right: Flags, target: float) -> tuple[float, float]:
    """The lowest threshold whose observed share is the target, without a bound, to compare."""
    order = np.argsort(-confidence, kind="stable")
    share = np.cumsum(right[order]) / np.arange(1, len(order) + 1)
    fits = np.flatnonzero((share >= target) & (confidence[order] >= 0))
    if not len(fits):
        return NO_THRESHOLD, 0.0
    return float(confidence[order][fits[-1]]), float((fits[-1] + 1) / len(order))


BET_SIZES = (0.02, 0.05, 0.1, 0.2, 0.4)  # none so bold that one error raises the alarm by itself
MAX_WEALTH = 1e9  # wealth is not counted further
CHANGE_SPACING = 50  # observations between the starts from which a change is looked for


@dataclass(frozen=True)
class GuaranteeStatus:
    """Whether a guarantee is borne out since activation.

    ``wrong`` of ``count`` labels were wrong. ``since`` is the observation, counted from 0, at
    which the guarantee was found broken; None while ``valid``.
    """

    valid: bool
    count: int
    wrong: int
    since: int | None


def monitor_guarantee(
    right: Sequence[bool], target: float, *, risk: float = RISK
) -> GuaranteeStatus:
    """A test of "``target`` of the labels are right" that may be looked at after every label.

    ``right`` has one entry for each automatic label a person checked since activation, in
    that order. A guarantee that holds is called broken with probability ``risk`` at most,
    however long it is watched: Ville's inequality for a betting martingale (Waudby-Smith and
    Ramdas 2024, JRSS B 86, arXiv 2010.09686; Podkopaev and Ramdas 2022, arXiv 2110.06177),
    mixed over bets and over the times at which things may have changed. MAPIE's
    RiskMonitoring does the same with an empirical Bernstein bound, and needs 3 to 25 times
    as many labels to notice the same change.
    """
    wrong = ~np.asarray(right, bool)
    broken = np.flatnonzero(_compute_wealth(wrong, 1 - target) >= 1 / risk)
    return GuaranteeStatus(
        valid=not len(broken),
        count=len(wrong),
        wrong=int(wrong.sum()),
        since=int(broken[0]) if len(broken) else None,
    )


def _compute_wealth(wrong: Flags, allowed: float) -> Numbers:
    """What a gambler has who bets one coin on more errors than ``allowed``, after each label."""
    bets = np.array(BET_SIZES) / allowed
    playing, wealth = np.zeros(len(BET_SIZES)), np.ones(len(wrong))
    purse = 1.0
    for place, error in enumerate(wrong):
        if place % CHANGE_SPACING == 0:
            start = place // CHANGE_SPACING + 1
            stake = 1 / (start * (start + 1))
            purse, playing = purse - stake, playing + stake / len(BET_SIZES)
        playing = np.minimum(playing * (1 + bets * (error - allowed)), MAX_WEALTH)
        wealth[place] = purse + playing.sum()
    return wealth


def compute_min_rows(target: float, risk: float = RISK) -> int:
    """How many rows, all of them right, can prove anything: 197 for 95 %, 495 for 98 %."""
    return math.ceil(math.ceil(math.log(risk) / math.log(target)) / FIRST_COVERAGE)


def compute_upper_bound(wrong: int, count: int, risk: float = RISK) -> float:
    """The one-sided Clopper-Pearson bound of an error rate."""
    from scipy.stats import beta

    return float(beta.ppf(1 - risk, wrong + 1, count - wrong)) if wrong < count else 1.0


def _include_ties(sure: Numbers, count: int) -> int:
    """How many rows are let through if those as sure as row ``count`` go with it."""
    return int(np.searchsorted(-sure, -sure[count - 1], side="right")) if count else 0


def _meets_target(wrong: int, count: int, target: float, risk: float) -> bool:
    return compute_upper_bound(wrong, count, risk) <= 1 - target


def _estimate_missing_rows(
    confidence: Numbers, right: Flags, target: float, risk: float
) -> int | None:
    """How many more rows would do if the surest went on being right as often as they are.

    None where no number would.
    """
    order = np.argsort(-confidence, kind="stable")[: math.ceil(FIRST_COVERAGE * len(confidence))]
    order = order[confidence[order] >= 0]
    needed = _estimate_needed_rows(int((~right[order]).sum()), len(order), target, risk)
    return None if needed is None else max(1, math.ceil(needed / FIRST_COVERAGE) - len(confidence))


def _estimate_needed_rows(wrong: int, count: int, target: float, risk: float) -> int | None:
    """How many rows would prove the target if they went on like these; None if none would.

    Where these are too few to tell, half of the errors that the target allows are expected.
    """
    errors = wrong / count if count else 0.0
    if errors >= 1 - target:
        if compute_upper_bound(count - wrong, count, risk) < target:
            return None
        errors = (1 - target) / 2
    needed = math.ceil(math.log(risk) / math.log(target))
    while not _meets_target(math.ceil(errors * needed), needed, target, risk):
        needed = math.ceil(needed * 1.05)
        if needed > MAX_NEEDED_ROWS:
            return None
    return needed


def _judge_label(given: Evidence, place: int, target: float, risk: float) -> LabelGuarantee:
    """The guarantee of one label, from the rows that get it; it has its own bound."""
    mine = given.is_right[given.guess == place]
    count, right = len(mine), int(mine.sum())
    at_least = 1 - compute_upper_bound(count - right, count, risk) if count else 0.0
    broken = count > 0 and compute_upper_bound(right, count, risk) < target
    kept = True if at_least >= target else False if broken else None
    needed = _estimate_needed_rows(count - right, count, target, risk)
    more = max(1, needed - count) if kept is None and needed is not None else None
    sentence = _format_label_sentence(kept, right, count, target, more)
    return LabelGuarantee(given.labels[place], count, right, at_least, kept, more, sentence)


def _format_label_sentence(
    kept: bool | None, right: int, count: int, target: float, more: int | None
) -> str:
    seen = f"{right} of {count} right"
    if kept:
        return f"{100 * target:.3g} of 100 kept: {seen}."
    if kept is False:
        return f"Not kept: {seen}."
    if more is None:
        return f"Too few to say, and wrong too often so far: {seen}."
    if more > MANY_ROWS:
        return f"Too few to say: {seen}, and far more are needed."
    return f"Too few to say: {seen}, about {more:,} more are needed."


def _format_sentence(
    target: float, coverage: float, examples: int, kind: str, more: int | None
) -> str:
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
