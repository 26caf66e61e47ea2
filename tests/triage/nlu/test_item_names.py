"""Which words of a text name an item, where another's name has them too."""

from __future__ import annotations

import pytest

from triage.nlu.item_names import find_mentions, find_unique_words, split_words


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("Please refund the bench cover.", ["Bench cover"]),
        ("The garden bench cover came torn.", ["Bench cover"]),
        ("Please refund the garden bench.", ["Garden bench"]),
        ("The bench and its cover are broken.", ["Garden bench", "Bench cover"]),
        ("Two bench covers for one bench", ["Garden bench", "Bench cover"]),
    ],
)
def test_a_bench_cover_is_no_bench(text: str, named: list[str]) -> None:
    names = ["Garden bench", "Bench cover"]
    unique = find_unique_words(names)
    words = split_words(text)
    assert [name for name in names if find_mentions(words, name, unique[name])] == named


@pytest.mark.parametrize(
    ("one", "other"),
    [("Phone", "Phone case"), ("Brass lamp", "Lamp shade"), ("Oak table", "Table cloth")],
)
def test_what_belongs_to_a_thing_is_not_the_thing(one: str, other: str) -> None:
    unique = find_unique_words([one, other])
    said = split_words(f"I want my money back for the {other.lower()}.")
    assert not find_mentions(said, one, unique[one])
    assert find_mentions(said, other, unique[other])
