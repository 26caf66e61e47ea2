"""What a message tells beside its matter, and what may be said to it."""

from __future__ import annotations

import re

import pytest

from triage.contract.slots import Slot, WritingTask
from triage.generation.circumstances import find_circumstances, find_grave_circumstances
from triage.generation.phrases import fill_template, load_phrases
from triage.training.writer.corpus.tables import load_corpus

TABLES = load_phrases("circumstances")
GRAVE = ["danger", "bereavement"]
ITEM = Slot(name="item", about="", value="kettle", ref="item", kind="item")


def task(ticket: str, urgency: str = "normal") -> WritingTask:
    return WritingTask(
        kind="draft", intent="", outcome="", urgency=urgency, slots=(ITEM,), ticket=ticket
    )


def told(ticket: str, urgency: str = "normal") -> list[str]:
    return list(find_circumstances(task(ticket, urgency)))


@pytest.mark.parametrize(
    ("ticket", "first"),
    [
        ("Fed up, still waiting, smoke came out of it!", ["danger", "angry"]),
        ("My daughter was in hospital and passed away.", ["bereavement"]),
        ("A burning smell, and I burnt my hand.", ["danger"]),
        ("It was a birthday present. The funeral is tomorrow.", ["bereavement"]),
        ("My husband died when it caught fire, I am furious", ["danger", "bereavement"]),
        ("No rush, you were so helpful. Sparks came out of it.", ["danger"]),
        ("I love your shop, but this is unacceptable.", ["angry"]),
        ("My son is getting married and I lost my job.", ["money", "celebration"]),
    ],
)
def test_what_is_graver_is_taken_up_first_and_silences_what_would_jar(
    ticket: str, first: list[str]
) -> None:
    assert told(ticket) == first


@pytest.mark.parametrize(
    "ticket",
    [
        "thank you for the lovely broken mug",
        "this is not my first order",
        "where is my operation manual",
        "please deliver to my surgery",
        "a lead for my english setter",
        "there was no burning smell",
        "it did not catch on fire and nobody got hurt",
        "there was no sign of a burning smell",
        "my twinset, it smells of my childhood",
        "the mug was not in the box as a gift",
        "i did not buy it as a present",
        "a mug for my late mother's day breakfast",
        "nearly had a heart attack at the price",
        "your bill came as a surprise",
        "tickets for the fast and furious film",
        "my second email address is the right one",
        "the free gift for newsletter readers",
        "i have never been in hospital",
        "a nice sympathetic person",
    ],
)
def test_what_only_looks_like_a_cue_tells_nothing(ticket: str) -> None:
    assert told(ticket) == []


@pytest.mark.parametrize(
    ("ticket", "name"),
    [
        ("I’m ill and can’t come", "illness"),
        ("im ill at home", "illness"),
        ("I couldn't return it my husband died", "bereavement"),
        ("i did not touch it smoke came out", "danger"),
        ("No. My son wants it", "family"),
        ("what a rip off", "angry"),
        ("a ⟦item⟧ for my daughter's room", "family"),
        ("do not make me wait any longer, we have been waiting", "long_wait"),
        ("my mother’s funeral", "bereavement"),
    ],
)
def test_a_cue_is_found_however_it_is_typed(ticket: str, name: str) -> None:
    assert told(ticket) == [name]


def test_what_is_grave_is_found_behind_what_the_writer_reads() -> None:
    before = "the kettle stands in the kitchen " * 20
    assert told(f"{before}. There was smoke. I am so angry.") == ["danger"]


def test_patience_is_not_praised_where_the_matter_is_urgent() -> None:
    assert told("no rush") == ["no_hurry"]
    assert told("no rush", urgency="urgent") == []


def test_the_grave_ones_are_a_danger_and_a_death_and_come_first() -> None:
    assert [name for name, table in TABLES.items() if table.get("grave")] == GRAVE
    assert list(TABLES)[:2] == GRAVE
    said = task("Sparks came out, I am furious, and my dad passed away.")
    assert find_grave_circumstances(said) == tuple(GRAVE)
    assert find_grave_circumstances(task("I am furious.")) == ()


@pytest.mark.parametrize("name", TABLES)
def test_every_phrase_of_a_table_tells_what_the_table_is_about(name: str) -> None:
    for phrase in TABLES[name]["tickets"]:
        assert told(fill_template(phrase, {"item": "⟦item⟧", "order": "#"})) == [name], phrase


@pytest.mark.parametrize("name", TABLES)
def test_no_cue_is_part_of_another_tables_and_none_is_padded(name: str) -> None:
    others = [cue for other, table in TABLES.items() if other != name for cue in table["cues"]]
    for cue in TABLES[name]["cues"]:
        assert cue == cue.strip().lower()
        whole = re.compile(rf"(?<!\w){re.escape(cue)}(?!\w)")
        assert not [other for other in others if whole.search(other)], cue


@pytest.mark.parametrize("name", TABLES)
def test_what_is_silenced_is_a_table_and_not_a_grave_one(name: str) -> None:
    silenced = set(TABLES[name].get("silences", ()))
    assert silenced <= set(TABLES) - {name, *GRAVE}


def test_nothing_of_other_matters_tells_a_circumstance() -> None:
    matters = [phrase for about in load_phrases("intents").values() for phrase in about["tickets"]]
    for phrase in [*matters, *load_corpus("tickets")["chatter"], *load_corpus("tickets")["polite"]]:
        assert told(fill_template(phrase, {"item": "⟦item⟧", "order": "#"})) == [], phrase


def test_no_reaction_is_said_to_two_circumstances() -> None:
    replies = [reply for table in TABLES.values() for reply in table["replies"]]
    assert len(set(replies)) == len(replies)


def test_a_label_names_one_matter() -> None:
    names = [name for about in load_phrases("intents").values() for name in about["names"]]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("table", ["acknowledge", "also", "decisions"])
def test_a_sentence_about_a_matter_is_about_no_other(table: str) -> None:
    said = [sentence for texts in load_phrases("replies")[table].values() for sentence in texts]
    assert len(set(said)) == len(said)
