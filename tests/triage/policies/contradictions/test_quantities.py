"""Lengths, shares and sums are read out of a sentence however it writes them."""

from __future__ import annotations

import pytest

from triage.policies.contradictions.quantities import parse_amounts


@pytest.mark.parametrize(
    ("sentence", "amounts"),
    [
        ("Each return costs 10 € each.", [("€", 10.0)]),
        ("The label costs 5€.", [("€", 5.0)]),
        ("It is 4.50 £, or 6$", [("£", 4.5), ("$", 6.0)]),
        ("Pay £3 or 3 euros.", [("£", 3.0), ("€", 3.0)]),
        ("Pay 1,200 EUR.", [("€", 1200.0)]),
        ("Within 3 Europeans there is no sum.", []),
    ],
)
def test_a_sign_stands_before_or_after_its_number(
    sentence: str, amounts: list[tuple[str, float]]
) -> None:
    assert parse_amounts(sentence) == amounts
