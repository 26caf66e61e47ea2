"""The measurements behind claim support: errors of our own, and SummEdits where it is there."""

from __future__ import annotations

import json
from io import StringIO
from itertools import islice
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from tests.benchmarks.claims import mutations, summedits
from tests.benchmarks.claims.command import Command
from tests.support.shared_data import shared_data
from triage.contract.slots import SLOT
from triage.guardrails.claims.entailment import BIAS, WEIGHTS

HALVES = [mutations.DEVELOPMENT, mutations.HELD_OUT]


@pytest.mark.parametrize("half", HALVES)
def test_of_a_hundred_planted_errors_ninety_five_are_caught(half: int) -> None:
    found = [bool(said.because) for said in mutations.iter_mutated_sentences(half, each=40)]
    assert sum(found) >= 0.95 * len(found)


@pytest.mark.parametrize("half", HALVES)
def test_of_the_corpus_no_clean_sentence_is_left_out(half: int) -> None:
    clean = islice(mutations.iter_corpus_sentences(half), 1500)
    wrongly = [(said.text, said.because) for said in clean if said.because]
    assert len(wrongly) <= 0.005 * 1500, wrongly


@pytest.mark.parametrize("half", HALVES)
def test_of_a_hundred_freely_worded_ones_at_most_two_are(half: int) -> None:
    clean = list(mutations.iter_free_sentences(half))
    wrongly = [(said.text, said.because) for said in clean if said.because]
    assert len(wrongly) <= 0.02 * len(clean), wrongly


def test_a_planted_error_says_what_it_is_and_what_it_is_of() -> None:
    sorts = {said.planted for said in mutations.iter_mutated_sentences(mutations.HELD_OUT, each=3)}
    assert sorts == set(mutations.MUTATIONS)


def test_every_clean_sentence_points_only_at_values_of_its_case() -> None:
    for half in HALVES:
        for said in mutations.iter_free_sentences(half):
            names = SLOT.findall(said.text)
            assert all(said.task.find_slot(name) for name in names), said.text


def _write(folder: Path, domain: str, number: int) -> None:
    rows = [
        {"doc": f"The lamp costs {number} pounds and is blue.", "summary": claim, "label": label}
        for claim, label in (
            (f"The lamp costs {number} pounds.", 1),
            (f"The lamp costs {number + 1} pounds.", 0),
            ("The lamp is blue.", 1),
            ("The lamp is not blue.", 0),
        )
    ]
    (folder / f"summedits_{domain}.json").write_text(json.dumps(rows))


def test_the_report_has_a_line_for_each_domain(tmp_path: Path) -> None:
    for number, domain in enumerate(("shop", "office", "home"), 5):
        _write(tmp_path, domain, number)
    out = StringIO()
    call_command(Command(), str(tmp_path), stdout=out)
    assert "| shop | 100.0% |" in out.getvalue()
    assert "| mean of 3 | 100.0% |" in out.getvalue()


def test_a_folder_without_the_data_is_said(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"no summedits_\*\.json"):
        call_command(Command(), str(tmp_path))
    with pytest.raises(CommandError, match="or --planted"):
        call_command(Command())


def test_the_report_of_planted_errors_has_both_halves() -> None:
    out = StringIO()
    call_command(Command(), "--planted", "--each", "2", "--show", stdout=out)
    assert "held out" in out.getvalue()
    assert "| freely worded |" in out.getvalue()


def test_the_weights_in_the_code_are_those_of_the_data() -> None:
    pairs = summedits.read_pairs(shared_data("summedits"))
    found = summedits.compute_pair_doubts(pairs, None)
    model = summedits.fit_all_domains(pairs, found)
    assert model.bias == pytest.approx(BIAS, abs=0.02)
    assert dict(model.weights) == pytest.approx(dict(WEIGHTS), abs=0.02)
    accuracy = summedits.measure_by_domain(pairs, found)
    assert sum(accuracy.values()) / len(accuracy) > 0.65
