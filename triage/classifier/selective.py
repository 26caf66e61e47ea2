"""A guarantee such as "98 of 100 automatic labels are right", and the threshold that keeps it.

The threshold is chosen on predictions of models that had not seen the text. Coverages are
tested from a pre-registered start upwards, each by the exact binomial test (the one-sided
bound of Clopper and Pearson 1934), and the walk ends at the first that fails: fixed-sequence
testing, Bauer 1991, as in Learn then Test, Angelopoulos et al. 2021, arXiv 2110.01052.
Messages that are none of the shop's count as `triage.classifier.strangers` says.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from triage.classifier.strangers import (
    ASSUMED_SHARE,
    MIN_NAMED,
    NO_STRANGERS,
    Strangers,
    compute_upper_bound,
    compute_wrong_bound,
    estimate_share,
    join_strangers,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]
    Flags = NDArray[np.bool_]

RISK = 0.05  # how often a guarantee may be given that does not hold
FIRST_COVERAGE, MAX_FIRST_COVERAGE = 0.3, 0.8  # tested first: see choose_first_coverage
STRANGER_MARGIN = 1.25  # so many times the rows, where strangers need a part of the bound
COVERAGE_STEP, FINE_COVERAGE_STEP = (
    0.05,
    0.01,
)  # from one coverage tested to the next; fine where there are
MANY_ROWS = 5_000  # rows or more: few rows stop a fine walk by chance
MAX_NEEDED_ROWS = 1_000_000  # more labels than this is nobody's plan
TELLING_ROWS, MAX_TIMES_ROWS = 200, 10  # of so many rows, ten times as many are nobody's plan
MAX_STRANGER_SHARE = 0.9


@dataclass(frozen=True)
class Evidence:
    """Rows judged by a model that had not seen them, one entry each.

    ``guess`` and ``truth`` are positions in ``labels``, ``truth`` is -1 for out of scope.
    ``outside`` flags rows the detector would turn away: they get no automatic label.
    ``audited`` flags rows that are tickets of the audit sample. ``strangers`` are other rows:
    versions of earlier releases have none.
    """

    labels: tuple[str, ...]
    confidence: Numbers
    guess: NDArray[np.int64]
    truth: NDArray[np.int64]
    outside: Flags
    audited: Flags
    strangers: Strangers = NO_STRANGERS

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

    ``automatic`` rows get it, ``right`` of them rightly; strangers are among the others, as many
    as their share lets expect. ``at_least`` is the lower bound of the share that is right.
    ``kept`` is True where that bound reaches the target, False where even the upper bound stays
    below it, and None where there are too few rows to say; ``more`` is then about how many
    would do.
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

    ``coverage`` is the share of messages that get a label by themselves, those of labels that
    are ``withheld`` left out. Where ``valid`` is
    False none may: ``threshold`` is then 1.01, above every confidence, and ``more`` says
    about how many further labels are needed, or None where more labels alone will not do.
    ``evidence`` is "tickets" where people checked the audit sample, else "examples";
    ``strangers`` is the share of messages that are counted as none of ours beside these, 0
    where it rests on tickets, which have their own; ``assumed`` what an admin took it to be.
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
    strangers: float = 0.0
    assumed: float = ASSUMED_SHARE

    @property
    def withheld(self) -> frozenset[str]:
        """Labels that the evidence shows to be wrong too often: none is given by itself."""
        return frozenset(one.label for one in self.per_label if one.kept is False)


@dataclass(frozen=True)
class Basis:
    """What a guarantee rests on: ``rows`` that are ours, and strangers at a ``share`` of all."""

    kind: Literal["tickets", "examples"]
    rows: Evidence
    strangers: Strangers
    share: float

    @property
    def confidence(self) -> Numbers:
        """That of each row, -1 where it is turned away."""
        return np.where(self.rows.outside, -1.0, self.rows.confidence)


NO_THRESHOLD = 1.01


def compute_guarantee(
    evidence: Evidence, target: float, *, risk: float = RISK, strangers: float = ASSUMED_SHARE
) -> PrecisionGuarantee:
    """The guarantee for a target such as 0.95: of texts like the rows it holds with probability
    1 - ``risk``. Of strangers other than those that stand in for them it holds less often: of
    draws from public sets in 77 to 95 of 100 (``tests/benchmarks/promises.py``).

    Rests on audited tickets as soon as there are enough to prove anything, until then on the
    written examples and on a share of ``strangers`` (0 to 1) that is assumed. Raises ValueError
    for a target outside 0.5 to 0.999 and a share outside 0 to 0.9.
    """
    if not 0.5 <= target <= 0.999:
        raise ValueError("A target is a share between 0.5 and 0.999, such as 0.95.")
    if not 0 <= strangers <= MAX_STRANGER_SHARE:
        raise ValueError("The share of strangers is between 0 and 0.9, such as 0.3.")
    basis = _choose_basis(evidence, compute_min_rows(target, risk), strangers)
    confidence, right = basis.confidence, basis.rows.is_right
    threshold, of_ours = _find_threshold(confidence, right, target, risk, basis)
    labels = tuple(
        _judge_label(basis, threshold, place, target, risk) for place in range(len(evidence.labels))
    )
    broken = [place for place, one in enumerate(labels) if one.kept is False]
    coverage = _compute_coverage(basis, threshold, broken) if of_ours else 0.0
    blamed = not coverage and _is_for_strangers(basis, target, risk)
    more = None if coverage or blamed else _estimate_missing_rows(basis, target, risk)
    return PrecisionGuarantee(
        target=target,
        threshold=threshold,
        coverage=coverage,
        examples=len(basis.rows),
        evidence=basis.kind,
        valid=coverage > 0,
        more=more,
        per_label=labels,
        sentence=_format_sentence(target, coverage, basis, more, blamed),
        strangers=basis.share,
        assumed=strangers,
    )


def _choose_basis(evidence: Evidence, enough: int, assumed: float) -> Basis:
    """The audited tickets once they are enough, else the examples beside strangers."""
    checked, strange = evidence.audited, evidence.truth < 0
    if checked.sum() >= enough:
        return Basis("tickets", evidence.select_rows(checked), NO_STRANGERS, 0.0)
    if not len(evidence.strangers):  # weights of an earlier release
        return Basis("examples", evidence.select_rows(~checked), NO_STRANGERS, 0.0)
    named = evidence.select_rows(~checked & strange)
    if len(named) < MIN_NAMED:  # too few to be a share of their own: each is a row, and wrong
        share = estimate_share(strange[checked], assumed, enough)
        return Basis("examples", evidence.select_rows(~checked), evidence.strangers, share)
    strangers = join_strangers(
        evidence.strangers,
        Strangers(named.confidence, named.guess, named.outside, named.truth),
    )
    share = estimate_share(strange[checked], assumed, enough)
    return Basis("examples", evidence.select_rows(~checked & ~strange), strangers, share)


def _is_for_strangers(basis: Basis, target: float, risk: float) -> bool:
    """Whether strangers alone are why there is no guarantee."""
    alone = find_threshold(basis.confidence, basis.rows.is_right, target, risk=risk)
    return basis.share > 0 and alone[1] > 0


def _compute_coverage(basis: Basis, threshold: float, broken: Sequence[int]) -> float:
    """The share of all messages that get a label, strangers included, broken labels left out."""
    ours = (basis.confidence >= threshold) & ~np.isin(basis.rows.guess, broken)
    strange = basis.strangers.flag_given(threshold) & ~np.isin(basis.strangers.guess, broken)
    taken_in = float(basis.strangers.weigh_rows() @ strange)
    return (1 - basis.share) * float(ours.mean()) + basis.share * taken_in


def find_threshold(
    confidence: Numbers, right: Flags, target: float, *, risk: float = RISK
) -> tuple[float, float]:
    """The lowest threshold that keeps the target, and its coverage; (1.01, 0) if none does.

    Rows with a negative confidence count in the coverage but never get a label.
    """
    return _find_threshold(confidence, right, target, risk, None)


def _find_threshold(
    confidence: Numbers, right: Flags, target: float, risk: float, basis: Basis | None
) -> tuple[float, float]:
    order = np.argsort(-confidence, kind="stable")
    sure, wrong = confidence[order], np.cumsum(~right[order])
    threshold, coverage = NO_THRESHOLD, 0.0
    step = FINE_COVERAGE_STEP if len(sure) >= MANY_ROWS else COVERAGE_STEP
    first = choose_first_coverage(len(sure), target, risk, bool(basis and basis.share))
    for share in np.arange(first, 1.0 + step / 2, step):
        count = _include_ties(sure, min(len(sure), math.ceil(share * len(sure))))
        if count == 0 or sure[count - 1] < 0:
            break
        tested = float(sure[count - 1])
        if (
            _compute_error_bound(int(wrong[count - 1]), count, tested, target, risk, basis)
            > 1 - target
        ):
            break
        threshold, coverage = tested, count / len(sure)
    return threshold, coverage


def _compute_error_bound(
    wrong: int, count: int, threshold: float, target: float, risk: float, basis: Basis | None
) -> float:
    """The upper bound of the share of labels from ``threshold`` on that is wrong."""
    if basis is None or not basis.share:
        return compute_upper_bound(wrong, count, risk)
    strange = list(basis.strangers.iter_given_shares(threshold, risk))
    coverage = count / len(basis.rows)
    return compute_wrong_bound(
        wrong, count, coverage, target, risk, share=basis.share, strange=strange
    )


def choose_first_coverage(rows: int, target: float, risk: float, strangers: bool) -> float:
    """The coverage tested first, 0.3 to 0.8: the number of rows alone chooses it, so that no
    outcome does. Few rows start where as many as prove anything are tested.
    """
    needed = _count_flawless_rows(target, risk) * (STRANGER_MARGIN if strangers else 1.0)
    return float(np.clip(needed / max(1, rows), FIRST_COVERAGE, MAX_FIRST_COVERAGE))


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
    """How many checked tickets a guarantee rests on at least: 197 for 95 %, 495 for 98 %.

    So many that the surest three tenths of them, all right, prove it: fewer would take back by
    one error what thousands of examples have shown.
    """
    return math.ceil(_count_flawless_rows(target, risk) / FIRST_COVERAGE)


def _count_flawless_rows(target: float, risk: float) -> int:
    """How many rows without an error prove the target: 59 for 95 %, 149 for 98 %."""
    return math.ceil(math.log(risk) / math.log(target))


def _include_ties(sure: Numbers, count: int) -> int:
    """How many rows are let through if those as sure as row ``count`` go with it."""
    return int(np.searchsorted(-sure, -sure[count - 1], side="right")) if count else 0


def _meets_target(wrong: int, count: int, target: float, risk: float) -> bool:
    return compute_upper_bound(wrong, count, risk) <= 1 - target


def _estimate_missing_rows(basis: Basis, target: float, risk: float) -> int | None:
    """How many more rows would do if the surest went on being right as often as they are.

    None where no number would.
    """
    confidence, right = basis.confidence, basis.rows.is_right
    strange = basis.share > 0
    first = choose_first_coverage(len(right), target, risk, strange)
    order = np.argsort(-confidence, kind="stable")[: math.ceil(first * len(right))]
    order = order[confidence[order] >= 0]
    needed = _estimate_needed_rows(int((~right[order]).sum()), len(order), target, risk)
    if needed is None:
        return None
    needed = math.ceil(needed * (STRANGER_MARGIN if strange else 1.0))
    rows = len(right) + 1
    while math.ceil(choose_first_coverage(rows, target, risk, strange) * rows) < needed:
        rows += 1
    hopeless = len(right) >= TELLING_ROWS and rows > MAX_TIMES_ROWS * len(right)
    return None if hopeless else rows - len(right)


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


def _judge_label(
    basis: Basis, threshold: float, place: int, target: float, risk: float
) -> LabelGuarantee:
    """The guarantee of one label, from the rows that get it; it has its own bound."""
    given = (basis.confidence >= threshold) & (basis.rows.guess == place)
    right, strange = (
        int(basis.rows.is_right[given].sum()),
        _count_strangers(basis, threshold, place),
    )
    count = int(given.sum()) + strange
    at_least = 1 - compute_upper_bound(count - right, count, risk) if count else 0.0
    broken = count > 0 and compute_upper_bound(right, count, risk) < target
    kept = True if at_least >= target else False if broken else None
    needed = _estimate_needed_rows(count - right, count, target, risk)
    more = max(1, needed - count) if kept is None and needed is not None else None
    sentence = _format_label_sentence(kept, right, count, strange, target, more)
    return LabelGuarantee(basis.rows.labels[place], count, right, at_least, kept, more, sentence)


def _count_strangers(basis: Basis, threshold: float, place: int) -> int:
    """As many strangers as come with the rows, that would get this label."""
    mine = basis.strangers.flag_given(threshold) & (basis.strangers.guess == place)
    beside = basis.share / (1 - basis.share) * len(basis.rows)
    return round(float(basis.strangers.weigh_rows() @ mine) * beside)


def _format_label_sentence(
    kept: bool | None, right: int, count: int, strange: int, target: float, more: int | None
) -> str:
    seen = f"{right} of {count} right"
    if strange:
        seen += f" ({strange} would be none of ours)"
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
    target: float, coverage: float, basis: Basis, more: int | None, for_strangers: bool
) -> str:
    share, rows = f"{100 * target:.3g} of 100", f"{len(basis.rows):,}"
    if coverage:
        return (
            f"{share} automatic labels are right, {_format_basis(basis)}; {coverage:.0%} of "
            "such messages get one."
        )
    if for_strangers:
        return (
            f"{share} cannot be promised yet: if {100 * basis.share:.0f} of 100 messages are none "
            "of ours, too many of those would get a label. Check the tickets that are drawn by "
            "lot, which replace this assumption, or name more messages that are none of yours."
        )
    if more is None:
        return (
            f"{share} cannot be promised: even the surest labels are wrong too often. "
            "Mend the examples or ask for less."
        )
    return f"{share} cannot be promised yet from {rows}: label about {more:,} more."


def _format_basis(basis: Basis) -> str:
    rows = f"{len(basis.rows):,}"
    if basis.kind == "tickets":
        return f"measured on {rows} tickets that people labelled or checked"
    measured = f"measured on {rows} examples, not yet on tickets drawn by lot"
    if not basis.share:
        return f"{measured}, and without a share of messages that are none of ours"
    return f"{measured}, and assuming that {100 * basis.share:.0f} of 100 messages are none of ours"
