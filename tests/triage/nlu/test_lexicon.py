"""Word lists as data: what a file may hold, and what is made of its lists."""

import re
from pathlib import Path

import pytest

from triage.nlu.lexicon import LEXICONS, LexiconError, load_groups, load_lexicon, match_any


def write_lexicon(folder: Path, content: str) -> Path:
    path = folder / "words.toml"
    path.write_text(content, encoding="utf-8")
    return path


def test_lists_are_read_in_order_and_tables_give_their_name(tmp_path: Path) -> None:
    path = write_lexicon(tmp_path, 'late = ["later", "soon"]\n[denial]\nshort = ["don\'t"]\n')
    assert load_lexicon(path) == {"late": ("later", "soon"), "denial.short": ("don't",)}


@pytest.mark.parametrize(
    "content",
    [
        'late = "later"',
        "late = []",
        "late = [3]",
        'late = [""]',
        'late = [" later"]',
        'late = ["later  on"]',
        'late = ["later", "later"]',
        r"late = ['lat\w+']",
        "late = ['later|soon']",
        "late = ['later+']",
    ],
)
def test_what_is_no_list_of_plain_phrases_is_refused(tmp_path: Path, content: str) -> None:
    with pytest.raises(LexiconError, match="late"):
        load_lexicon(write_lexicon(tmp_path, content))


def test_the_longest_phrase_is_tried_first() -> None:
    found = re.match(match_any(["call", "call off", "calling"]), "call off it")
    assert found is not None
    assert found.group() == "call off"


def test_a_phrase_is_taken_as_it_is_written() -> None:
    found = re.compile(match_any(["a.m.", "why?"]))
    assert found.fullmatch("a.m.")
    assert found.fullmatch("why?")
    assert not found.fullmatch("axmx")
    assert not found.fullmatch("wh")


def test_a_space_is_one_blank_or_several_when_asked_for() -> None:
    assert re.fullmatch(match_any(["give back"]), "give\nback")
    assert not re.fullmatch(match_any(["give back"]), "give  back")
    assert re.fullmatch(match_any(["give back"], wide_spaces=True), "give \n back")
    assert not re.fullmatch(match_any(["give back"], plain_spaces=True), "give\nback")


def test_a_wave_stands_for_the_rest_of_a_word() -> None:
    found = re.compile(rf"\b{match_any(['refund~'])}\b")
    assert found.fullmatch("refund")
    assert found.fullmatch("refunding")
    assert not found.search("a prerefund")


def test_groups_are_the_lists_as_patterns(tmp_path: Path) -> None:
    groups = load_groups(write_lexicon(tmp_path, "late = ['soon', 'later on']"))
    assert re.fullmatch(groups["late"], "later on")
    assert set(groups) == {"late"}


@pytest.mark.parametrize("path", sorted(LEXICONS.glob("*.toml")), ids=lambda path: path.stem)
def test_our_own_lexicons_hold_plain_phrases(path: Path) -> None:
    assert load_lexicon(path)


def test_an_apostrophe_is_written_either_way_unless_told_otherwise() -> None:
    for written in ("don't", "don’t"):
        for text in ("don't", "don’t"):
            assert re.fullmatch(match_any([written]), text)
    assert not re.fullmatch(match_any(["don't"], any_apostrophe=False), "don’t")


def test_alternatives_stay_within_their_group() -> None:
    assert re.fullmatch(rf"\b{match_any(['get', 'give'])} it", "give it")
    assert not re.fullmatch(rf"\b{match_any(['get', 'give'])} it", "get")
