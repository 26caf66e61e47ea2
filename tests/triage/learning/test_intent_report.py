"""`manage.py evaluate_intents` reads public data sets of several forms and says what it found."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from io import StringIO
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from tests.support.shared_data import shared_data
from tests.support.word_vectors import embed, strange, written
from triage.classifier.calibration import compute_calibration_error
from triage.classifier.labelled_texts import LabelledTexts, UnreadableDataset, read_dataset
from triage.learning.intent_report import evaluate_classifier
from triage.management.commands import evaluate_intents as command
from triage.pipeline import registry

TAUGHT, NAMES = written(30)
LOOKED, TRUTH = written(20, seed=2)


@pytest.fixture
def _no_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "load_encoder", lambda: SimpleNamespace(embed=embed))


def a_csv(path: Path, texts: list[str], labels: list[str], *, header: str = "text,category") -> str:
    with path.open("w", newline="", encoding="utf-8") as file:
        file.write(header + "\n")
        csv.writer(file).writerows(zip(texts, labels, strict=True))
    return str(path)


def said(*arguments: str, **options: object) -> str:
    out = StringIO()
    call_command("evaluate_intents", *arguments, stdout=out, **options)
    return out.getvalue()


@pytest.mark.usefixtures("_no_model")
def test_a_csv_against_another_gives_every_figure(tmp_path: Path) -> None:
    train = a_csv(tmp_path / "train.csv", TAUGHT, NAMES)
    test = a_csv(tmp_path / "test.csv", LOOKED, TRUTH)
    table = said(train, test, target=0.9, draws=20)
    for measure in (
        "accuracy over our intents",
        "largest coverage at 0.9",
        "naive threshold",
        "promised threshold",
        "calibration error before / after",
        "training, embedding excluded",
        "one text, embedding excluded, median",
        "| 95% right | 20 × 30 texts |",
        "| 98% right | 20 × 30 texts |",
    ):
        assert measure in table
    assert "120 texts of 6 intents, 0 of none; trained on 180." in table
    assert "out-of-scope" not in table


@pytest.mark.usefixtures("_no_model")
def test_strangers_in_the_test_are_told_apart(tmp_path: Path) -> None:
    header = "sentence,label"
    train = a_csv(tmp_path / "train.csv", TAUGHT, NAMES, header=header)
    labels = [*TRUTH, *["NO_NODES_DETECTED"] * 50]
    test = a_csv(tmp_path / "test.csv", [*LOOKED, *strange(50, seed=2)], labels, header=header)
    table = said(train, test, draws=0)
    assert "50 of none" in table
    assert "out-of-scope recall" in table
    assert "out-of-scope AUROC" in table


def test_a_label_for_a_stranger_counts_as_wrong_where_strangers_are_counted() -> None:
    taught = LabelledTexts(tuple(TAUGHT), tuple(NAMES))
    twice = LabelledTexts((*LOOKED, *LOOKED), (*TRUTH, *[""] * len(LOOKED)))  # once as nobody's
    loose, *strict = evaluate_classifier(taught, twice, embed, draws=0).automatic
    assert (loose.target, loose.of_ours[1] > 0) == (0.9, True)
    assert loose.of_all[0] == pytest.approx(loose.of_ours[0] / 2)
    assert loose.of_all[1] == loose.of_ours[1]
    rows = list(command._iter_automatic_lines(replace(strict[-1], of_all=(1.0, 0.0))))
    assert rows[0] == (
        "| automatic under 0.98: share / right, strangers included | no text gets a label |"
    )


@pytest.mark.usefixtures("_no_model")
def test_one_set_alone_is_cross_validated(tmp_path: Path) -> None:
    train = a_csv(tmp_path / "train.csv", TAUGHT, NAMES)
    assert "180 texts of 6 intents" in said(train, cross_validate=True, draws=5)


def test_nothing_is_chosen_on_the_test_side() -> None:
    from triage.classifier.labelled_texts import LabelledTexts

    train = LabelledTexts(tuple(TAUGHT), tuple(NAMES))
    few, many = (
        evaluate_classifier(
            train, LabelledTexts(tuple(LOOKED[:n]), tuple(TRUTH[:n])), embed, target=0.9, draws=0
        )
        for n in (60, 120)
    )
    assert few.sentence == many.sentence
    assert few.megabytes == many.megabytes


def test_a_label_that_was_not_taught_counts_as_a_mistake_and_not_as_a_stranger() -> None:
    from triage.classifier.labelled_texts import LabelledTexts

    train = LabelledTexts(tuple(TAUGHT), tuple(NAMES))
    test = LabelledTexts((*LOOKED, "parcel late courier"), (*TRUTH, "another-intent"))
    found = evaluate_classifier(train, test, embed, draws=0)
    assert found.strangers == 0
    assert found.accuracy < 1


def test_calibration_error_of_known_numbers() -> None:
    confidence = np.array([0.95, 0.95, 0.35, 0.35])
    assert compute_calibration_error(
        confidence, np.array([True, True, False, False])
    ) == pytest.approx(0.2)


# --- the forms ---------------------------------------------------------------------------


def test_a_folder_with_a_line_a_text(tmp_path: Path) -> None:
    (tmp_path / "seq.in").write_text("where is it\nmy money\n")
    (tmp_path / "label").write_text("late\nrefund\n")
    found = read_dataset(str(tmp_path))
    assert (found.texts, found.labels) == (("where is it", "my money"), ("late", "refund"))


def test_a_json_has_its_splits_read_by_what_they_are_for(tmp_path: Path) -> None:
    path = tmp_path / "data.json"
    names = ("train", "oos_train", "val", "oos_val", "test")
    path.write_text(json.dumps({n: [[n, "oos" if "oos" in n else "late"]] for n in names}))
    assert read_dataset(str(path)).texts == ("train", "oos_train")
    assert read_dataset(str(path)).labels == ("late", "")
    assert read_dataset(str(path), testing=True).texts == ("test",)
    assert read_dataset(f"{path}:val").texts == ("val",)
    path.write_text(json.dumps({"val": [["a", "b"]], "oos_val": [["c", "oos"]]}))
    assert read_dataset(str(path), testing=True).labels == ("b", "")


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("a.csv", "one,two\n1,2\n", "needs a column for the text"),
        ("a.csv", "", "it has no header"),
        ("a.csv", "text,category\n", "no labelled texts"),
        ("a.json", "{", "is not JSON"),
        ("a.json", "[1]", "needs named splits"),
        ("a.json", '{"other": []}', "no split “train”, only other"),
        ("a.json", '{"train": [["only a text"]]}', "pairs of"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(
    tmp_path: Path, name: str, content: str, why: str
) -> None:
    (tmp_path / name).write_text(content)
    with pytest.raises(CommandError, match=why):
        said(str(tmp_path / name), cross_validate=True)


def test_a_field_too_large_for_a_table_says_so(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(f"text,category\n{'long ' * 100},a\n")
    usual = csv.field_size_limit(100)
    try:
        with pytest.raises(UnreadableDataset, match=r"a\.csv is not a table .* field limit"):
            read_dataset(str(tmp_path / "a.csv"))
    finally:
        csv.field_size_limit(usual)


def test_what_is_not_there_or_no_text_or_uneven_says_so(tmp_path: Path) -> None:
    with pytest.raises(UnreadableDataset, match="cannot be read: No such file"):
        read_dataset(str(tmp_path / "none.csv"))
    (tmp_path / "latin.csv").write_bytes("text,label\nça,va\n".encode("latin-1"))
    with pytest.raises(UnreadableDataset, match="UTF-8"):
        read_dataset(str(tmp_path / "latin.csv"))
    (tmp_path / "seq.in").write_text("one\ntwo\n")
    (tmp_path / "label").write_text("a\n")
    with pytest.raises(UnreadableDataset, match="2 lines and label 1"):
        read_dataset(str(tmp_path))


def test_a_test_or_cross_validation_has_to_be_named() -> None:
    with pytest.raises(CommandError, match="Name a TEST"):
        said("train.csv")
    with pytest.raises(CommandError, match="not both"):
        said("train.csv", "test.csv", cross_validate=True)
    with pytest.raises(CommandError, match="share between"):
        said("train.csv", "test.csv", target=98.0)


@pytest.mark.usefixtures("_no_model")
def test_too_little_to_learn_from_is_said(tmp_path: Path) -> None:
    train = a_csv(tmp_path / "train.csv", ["where is it", "my parcel"], ["late", "late"])
    with pytest.raises(CommandError, match="fewer than two intents"):
        said(train, cross_validate=True)


# --- real data, where it is there ---------------------------------------------------------


def test_a_live_bots_customers_are_told_from_strangers() -> None:
    folder = shared_data("hint3") / "v2"
    found = evaluate_classifier(
        read_dataset(str(folder / "train/powerplay11_train.csv")),
        read_dataset(str(folder / "test/powerplay11_test.csv"), testing=True),
        registry.load_encoder().embed,
        draws=0,
    )
    assert found.in_scope >= 0.60
    assert found.caught is not None
    assert found.caught >= 0.74


def test_ten_examples_an_intent_go_a_long_way() -> None:
    folder = shared_data("banking77") / "fewshot"
    found = evaluate_classifier(
        read_dataset(str(folder / "train_10")),
        read_dataset(str(folder / "valid")),
        registry.load_encoder().embed,
        draws=0,
    )
    assert found.accuracy >= 0.865


@pytest.mark.usefixtures("_no_model")
def test_a_promise_rests_on_what_the_encoder_was_not_tuned_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    new = [place % 2 == 0 for place in range(len(TAUGHT))]
    monkeypatch.setattr(
        command, "_tune_encoder", lambda *values: (SimpleNamespace(embed=embed), new)
    )
    train = a_csv(tmp_path / "train.csv", TAUGHT, NAMES)
    test = a_csv(tmp_path / "test.csv", LOOKED, TRUTH)
    every, half = len(TAUGHT), sum(new)
    wanted = {"target": 0.6, "draws": 0}
    assert f"measured on {every} examples" in said(train, test, **wanted)
    assert f"measured on {half} examples" in said(train, test, tune_encoder=3, **wanted)


def test_a_tuned_encoder_is_not_judged_on_what_it_was_tuned_on(tmp_path: Path) -> None:
    train = a_csv(tmp_path / "train.csv", TAUGHT, NAMES)
    with pytest.raises(CommandError, match="its figures would flatter"):
        said(train, cross_validate=True, tune_encoder=3)
    with pytest.raises(CommandError, match="Name a TEST"):
        said(train, tune_encoder=3)
