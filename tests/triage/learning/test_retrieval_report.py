"""manage.py evaluate_retrieval: on files of OR-ShARC's form, for speed, and to calibrate."""

from __future__ import annotations

import json
from collections.abc import Sequence
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from tests.support.letter_encoder import Letters
from tests.support.shared_data import shared_data
from triage.learning import question_collections, ranking_metrics, retrieval_folds, retrieval_report
from triage.learning.clause_questions import load_questions
from triage.learning.question_collections import CollectionError, GoldQuestion, load_collection
from triage.pipeline import registry
from triage.retrieval import relevance
from triage.retrieval.index import embed_clauses

SNIPPETS = {
    "a": "Late parcels are traced with the carrier.",
    "b": "Unused items can be returned.",
    "c": "Gift cards last two years.",
}
ROWS: list[dict[str, Any]] = [
    {
        "question": "Is my parcel late?",
        "scenario": "",
        "gold_snippet_id": "a",
        "snippet_seen": True,
    },
    {
        "question": "Can unused items be returned?",
        "scenario": "It was a gift.",
        "gold_snippet_id": "b",
        "snippet_seen": False,
    },
    {
        "question": "How long do gift cards last?",
        "scenario": None,
        "gold_snippet_id": "c",
        "snippet_seen": False,
    },
]


@pytest.fixture(autouse=True)
def letters(monkeypatch: pytest.MonkeyPatch) -> Letters:
    encoder = Letters()
    monkeypatch.setattr(registry, "load_encoder", lambda: encoder)
    return encoder


def files(folder: Path, rows: Any = None, *, lines: bool = True) -> tuple[Path, Path]:
    rows = ROWS if rows is None else rows
    asked, snippets = folder / "questions.json", folder / "snippets.json"
    text = "\n".join(map(json.dumps, rows)) if lines else json.dumps(rows)
    asked.write_text(text)
    snippets.write_text(json.dumps(SNIPPETS))
    return asked, snippets


def run(*args: Any, **options: Any) -> str:
    out = StringIO()
    call_command("evaluate_retrieval", *map(str, args), stdout=out, **options)
    return out.getvalue()


# --- quality ----------------------------------------------------------------------------


@pytest.mark.parametrize("lines", [True, False])
def test_both_forms_of_the_file_are_measured(tmp_path: Path, lines: bool) -> None:
    said = run(*files(tmp_path, lines=lines))
    assert "| reranked | all | 100.0% | 100.0% | 100.0% | 1.000 | 3 |" in said
    assert "| BM25 | seen | 100.0% | 100.0% | 100.0% | 1.000 | 1 |" in said
    assert "| dense | unseen |" in said
    assert "a query: median" in said
    assert "AUROC" in said


def test_a_collection_of_one_snippet_has_none_to_leave_out(tmp_path: Path) -> None:
    asked, snippets = files(tmp_path, ROWS[:1])
    snippets.write_text(json.dumps({"a": SNIPPETS["a"]}))
    said = run(asked, snippets)
    assert "| reranked | all | 100.0% | 100.0% | 100.0% | 1.000 | 1 |" in said
    assert "AUROC – for being right, – for a clause being there" in said


def test_a_file_that_says_nothing_of_seen_snippets_has_no_such_rows(tmp_path: Path) -> None:
    rows = [{key: row[key] for key in ("question", "gold_snippet_id")} for row in ROWS]
    said = run(*files(tmp_path, rows))
    assert "| fused | all |" in said
    assert "seen" not in said


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([{"question": "x", "gold_snippet_id": "z"}], "question 1"),
        ([{"scenario": "x", "gold_snippet_id": "a"}], "Expected question, scenario"),
        (["a text"], "question 1"),
        ([], "has no question"),
    ],
)
def test_rows_that_do_not_fit_are_named(tmp_path: Path, rows: Any, said: str) -> None:
    with pytest.raises(CommandError, match=said):
        run(*files(tmp_path, rows))


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    _, snippets = files(tmp_path)
    with pytest.raises(CommandError, match="nowhere.json cannot be read"):
        run(tmp_path / "nowhere.json", snippets)


def test_a_file_that_is_no_json_is_named(tmp_path: Path) -> None:
    asked, snippets = files(tmp_path)
    snippets.write_text("{")
    with pytest.raises(CommandError, match="is no JSON"):
        run(asked, snippets)


def test_snippets_have_to_be_texts_by_id(tmp_path: Path) -> None:
    asked, snippets = files(tmp_path)
    snippets.write_text("[]")
    with pytest.raises(CollectionError, match="expected"):
        load_collection(asked, snippets)


@pytest.mark.parametrize(
    ("args", "options", "said"),
    [
        (["questions.json"], {}, "Name both files"),
        ([], {}, "Name the two files"),
        ([], {"speed": 0}, "such as 2000"),
        ([], {"speed": 1, "folds": 1}, "at least 2"),
    ],
)
def test_what_is_missing_is_asked_for(args: Any, options: Any, said: str) -> None:
    with pytest.raises(CommandError, match=said):
        run(*args, **options)


def test_ranks_count_what_comes_before_and_ties_by_place() -> None:
    scores = np.array([0.5, 0.9, 0.5, 0.1])
    assert [ranking_metrics.count_better(scores, gold) for gold in range(4)] == [1, 0, 2, 3]


def test_scores_are_shares_of_the_questions() -> None:
    one = ranking_metrics.compute_score(np.array([0, 4, 9, 99]))
    assert (one.first, one.five, one.ten, one.n) == (0.25, 0.5, 0.75, 4)
    assert one.mrr == pytest.approx((1 + 1 / 5 + 1 / 10 + 1 / 100) / 4)


# --- tuning -----------------------------------------------------------------------------


def test_no_question_is_judged_by_an_encoder_that_was_tuned_on_it(tmp_path: Path) -> None:
    twice = [*ROWS, {**ROWS[0], "scenario": "It was promised for Monday."}]
    data = load_collection(*files(tmp_path, twice))
    tuned_on: list[set[str]] = []

    def tune(pairs: Sequence[tuple[str, str]], look_alikes: Sequence[str]) -> Letters:
        assert all(other != clause for (_, clause), other in zip(pairs, look_alikes, strict=True))
        tuned_on.append({question for question, _ in pairs})
        return Letters()

    lines = list(retrieval_folds.cross_validate(data, tune, 3))
    assert len(tuned_on) == 3
    assert sum("fold" in line for line in lines) == 3
    parcels = {each.text for each in data.asked if each.question == ROWS[0]["question"]}
    assert [len(parcels & texts) for texts in tuned_on].count(0) == 1  # one fold holds both back
    assert any("| reranked | all |" in line and line.endswith("| 4 |") for line in lines)


# --- speed and calibration --------------------------------------------------------------


def test_speed_is_measured_over_as_many_clauses_as_asked_for() -> None:
    said = run(speed=300)
    assert "over 300 clauses" in said
    assert "token vectors" in said


def test_repeated_clauses_are_as_many_and_all_of_them_different() -> None:
    clause = question_collections.build_snippet("a", "Late parcels are traced.")
    index = ranking_metrics.build_repeated_index(
        [clause], embed_clauses([clause], Letters(), "letters"), 5
    )
    assert len({each.ref for each in index.clauses}) == 5


def test_calibrating_writes_both_regressions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "relevance.json"
    monkeypatch.setattr(relevance, "FILE", path)
    monkeypatch.setattr(retrieval_report, "load_questions", lambda: load_questions()[::8])
    said = run(calibrate=True)
    made = json.loads(path.read_text())
    assert set(made) == {"hybrid", "lexical"}
    assert "letters" in made["hybrid"]["made"]
    assert str(path) in said


# --- real data --------------------------------------------------------------------------


def test_or_sharc_reads(tmp_path: Path) -> None:
    folder = shared_data("or_sharc")
    data = load_collection(folder / "open_retrieval_sharc_dev.json", folder / "id2snippet.json")
    assert (len(data.clauses), len(data.asked)) == (651, 1105)
    assert {each.seen for each in data.asked} == {True, False}
    assert isinstance(data.asked[0], GoldQuestion)
