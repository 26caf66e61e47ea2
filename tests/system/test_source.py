"""How the source is named and laid out: each limit may only get stricter."""

from __future__ import annotations

from tests.support import source_measures as source

MAX_ONE_WORD_PERCENT = 7
MIN_VERB_FIRST_PERCENT = 93
MAX_PARTICIPLE_FIRST_PERCENT = 1
MAX_SHARED_MODULE_NAMES = 4
MAX_REGEX_CHARS = 24_000
TOP_OF_TRIAGE = {
    "__init__.py",
    "apps.py",
    "celery.py",
    "checks.py",
    "settings.py",
    "tasks.py",
    "urls.py",
    "wsgi.py",
}


def test_a_function_says_what_it_does() -> None:
    shares = source.count_name_shares()
    assert shares["one word"] <= MAX_ONE_WORD_PERCENT, shares
    assert shares["verb first"] >= MIN_VERB_FIRST_PERCENT, shares
    assert shares["participle first"] <= MAX_PARTICIPLE_FIRST_PERCENT, shares


def test_the_top_of_triage_is_what_any_django_reader_expects() -> None:
    assert {path.name for path in (source.ROOT / "triage").glob("*.py")} == TOP_OF_TRIAGE


def test_no_test_lies_outside_its_room() -> None:
    flat = {path.name for path in (source.ROOT / "tests").glob("*.*") if path.is_file()}
    assert flat == {"__init__.py", "conftest.py"}


def test_a_module_name_stands_for_one_thing() -> None:
    shared = source.find_shared_module_names()
    assert len(shared) <= MAX_SHARED_MODULE_NAMES, shared


def test_words_are_data_and_no_patterns() -> None:
    assert source.count_regex_chars() <= MAX_REGEX_CHARS


def test_no_file_is_ruled_into_sections() -> None:
    assert source.find_section_rules() == []
