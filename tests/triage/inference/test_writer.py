"""Room, time and memory of a writer: what is cut, when it is stopped, what is read once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.benchmarks.writer.timing import NoConstraint
from tests.support.gguf_runs import TASK, climbed, said
from tests.support.tiny_gguf import ARCHITECTURES, shape, tiny
from tests.support.written_drafts import decided
from triage.contract.step import EngineTimeout, EngineUnavailable, Status
from triage.inference.chat_prompt import INSTRUCTIONS
from triage.inference.registry.pinned import Entry
from triage.inference.writer import LlamaWriter, ends_in_repetition
from triage.pipeline import registry
from triage.steps import draft

OTHER = replace(TASK, intent="late delivery", ticket="Where is my parcel? It is a present.")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("models")


@pytest.fixture(scope="module")
def entry(folder: Path) -> Entry:
    return tiny(folder)


# --- room and time ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ids", "repeats"),
    [
        ([*range(6)] * 3, True),
        ([9, 9, *range(7), *range(7), *range(7)], True),
        ([*range(6)] * 2, False),
        ([*range(5)] * 3, False),
        ([1, 2] * 9, True),
        ([*range(60)], False),
        ([], False),
    ],
)
def test_a_writer_that_only_repeats_itself_is_stopped(ids: list[int], *, repeats: bool) -> None:
    assert ends_in_repetition(ids) is repeats


def test_what_does_not_fit_is_cut_and_the_receipt_says_what(entry: Entry) -> None:
    roomy = LlamaWriter(entry)
    needed = len(roomy.tokenize_text(roomy.build_prompt(draft.build_writing_task(decided()))))
    tight = replace(entry, context=needed + entry.max_tokens - 30)
    (tried,) = climbed(draft.step, tight).tried
    assert tried.evidence
    assert {"delivered", "item"} <= {*tried.evidence.usage.cut}
    kinds = {ref: kind for kind, ref, _, _ in tried.evidence.inputs}
    left_out = [kind for kind, *_ in tried.evidence.inputs if "no room" in kind]
    assert len(left_out) == len(set(tried.evidence.usage.cut) - {"message"})
    assert kinds["clause:returns.window@2"] == "clause heading"


def test_a_slot_that_was_cut_cannot_be_written(entry: Entry) -> None:
    writer = LlamaWriter(entry)
    fewer = replace(TASK, slots=TASK.slots[:3])
    assert writer.build_constraint(TASK).sha256 != writer.build_constraint(fewer).sha256


def test_where_not_even_the_least_fits_the_next_rung_writes(entry: Entry) -> None:
    result = climbed(draft.step, replace(entry, context=256))
    assert "tokens at the least, 196 fit" in result.swap_reason
    assert result.status == Status.OK


def test_the_context_is_no_longer_than_what_the_model_was_trained_for(folder: Path) -> None:
    entry = tiny(folder, shape=replace(shape(), context=1024))
    assert LlamaWriter(replace(entry, context=8192)).card.settings["context"] == 1024


def ticking(step: float = 1.0) -> Callable[[], float]:
    """A clock on which every look costs time."""
    now: Iterator[float] = iter(n * step for n in range(1_000_000))
    return lambda: next(now)


def test_a_model_out_of_time_is_stopped_while_it_reads_and_can_be_asked_again(entry: Entry) -> None:
    fresh = said(tiny(entry.path.parent, seed=2))
    clock = ticking()
    writer = LlamaWriter(replace(tiny(entry.path.parent, seed=2), seconds=5.0), clock=clock)
    with pytest.raises(EngineTimeout, match="before the prompt was read"):
        writer.write(TASK)
    assert clock() < 10, "it was stopped after a few operations, not after the prompt"
    patient = LlamaWriter(writer.entry)
    assert patient._model is writer._model
    assert patient.write(TASK).text == fresh


def test_a_model_out_of_time_is_stopped_while_it_writes(entry: Entry) -> None:
    clock = {"now": 0.0}
    writer = LlamaWriter(entry, clock=lambda: clock["now"])
    expected = writer.write(TASK).text

    class Slow(NoConstraint):
        def accept_token(self, token: int) -> None:
            clock["now"] += 1

    tokens = writer.tokenize_text(writer.build_prompt(TASK))
    with pytest.raises(EngineTimeout, match="took more than 20 s"):
        writer.generate_tokens(tokens, Slow(), lambda: clock["now"] > 20)
    assert clock["now"] == 21
    assert writer.write(TASK).text == expected


def test_time_that_ran_out_is_in_the_receipt_as_such(entry: Entry) -> None:
    (tried,) = climbed(draft.step, replace(entry, seconds=-1.0)).tried
    assert tried.outcome == Status.TIMED_OUT


# --- one model, read once -----------------------------------------------------------------


def test_the_second_ticket_reads_only_what_is_its_own(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = LlamaWriter(tiny(folder, seed=3))
    read: list[int] = []
    llama = writer._model.llama
    evaluate = llama.eval

    def counting(tokens: list[int]) -> None:
        read.append(len(tokens))
        evaluate(tokens)

    monkeypatch.setattr(llama, "eval", counting)
    first, second = writer.write(TASK).usage, writer.write(OTHER).usage
    shared = len(
        writer.tokenize_text(writer.build_prompt(TASK).partition(INSTRUCTIONS)[0] + INSTRUCTIONS)
    )
    assert first.reused_tokens == 0
    assert second.reused_tokens is not None
    assert second.reused_tokens >= shared
    prompts = [count for count in read if count > 1]
    assert second.input_tokens == second.reused_tokens + prompts[-1]
    assert sum(prompts[:-1]) == first.input_tokens


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_what_was_read_before_changes_nothing(folder: Path, architecture: str) -> None:
    entry = tiny(folder, shape=shape(architecture), seed=4)
    alone = said(entry, OTHER)
    writer = LlamaWriter(entry)
    assert writer._model.llama.n_tokens == 0, "a fresh model"
    writer.write(TASK)
    writer.write(replace(TASK, kind="summary"))
    assert writer.write(OTHER).text == alone


def test_a_file_is_in_memory_once_however_many_rungs_name_it(entry: Entry) -> None:
    one, two = LlamaWriter(entry), LlamaWriter(replace(entry, name="again", seconds=1.0))
    assert one._model is two._model
    assert one.card.name != two.card.name


def test_a_file_that_cannot_serve_is_loaded_once(
    entry: Entry, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = []

    def refuse(entry: Entry, threads: int) -> LlamaWriter:
        loaded.append(entry.name)
        raise EngineUnavailable("it has no chat template")

    monkeypatch.setattr("triage.inference.writer.LlamaWriter", refuse)
    for _ in range(3):
        with pytest.raises(EngineUnavailable, match="it has no chat template"):
            registry._load_writer(replace(entry, name="once"))
    assert loaded == ["once"]


def test_a_file_that_is_not_there_is_looked_for_each_time(entry: Entry) -> None:
    gone = replace(entry, path=entry.path.with_name("gone.gguf"))
    for _ in range(2):
        with pytest.raises(EngineUnavailable, match="no file at"):
            registry._load_writer(gone)
