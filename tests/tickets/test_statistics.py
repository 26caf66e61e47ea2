"""Intervals and tests in plain Python say what the reference implementations say."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest, fisher_exact

from tickets.statistics import (
    Share,
    adjust_p_values,
    compute_difference_interval,
    compute_fisher_p_value,
    compute_wilson_interval,
)

shares = st.integers(1, 400).flatmap(
    lambda of: st.integers(0, of).map(lambda count: Share(count, of))
)


@given(shares, shares)
def test_fisher_is_scipy_s(one: Share, other: Share) -> None:
    table = [[one.count, one.of - one.count], [other.count, other.of - other.count]]
    assert compute_fisher_p_value(one, other) == pytest.approx(fisher_exact(table)[1], abs=1e-7)


@given(shares)
def test_wilson_is_scipy_s(one: Share) -> None:
    wanted = binomtest(one.count, one.of).proportion_ci(method="wilson")
    assert compute_wilson_interval(one.count, one.of) == pytest.approx(
        (wanted.low, wanted.high), abs=1e-9
    )


def test_the_difference_is_newcombe_s_own_example() -> None:
    assert compute_difference_interval(Share(56, 70), Share(48, 80)) == pytest.approx(
        (0.0524, 0.3339), abs=5e-5
    )


def test_holm_s_steps() -> None:
    assert adjust_p_values([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])


def test_of_nothing_nothing_is_known() -> None:
    assert compute_wilson_interval(0, 0) == (0.0, 1.0)
    assert not Share(0, 0).enough
    assert adjust_p_values([]) == []


@pytest.mark.parametrize(
    ("of", "enough", "small"), [(4, False, True), (5, True, True), (30, True, False)]
)
def test_from_when_on_a_share_is_said(of: int, enough: bool, small: bool) -> None:
    share = Share(1, of)
    assert (share.enough, share.small) == (enough, small)
