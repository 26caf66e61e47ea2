"""Any GGUF: whatever a file is and babbles, its receipt is honest and the next rung writes."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.benchmarks.writer.timing import NoConstraint
from tests.support import tiny_gguf
from tests.support.gguf_runs import TASK, climbed, entry, folder, said
from tests.support.random_gguf import CHATML, CONTROL_TOKEN_TYPE, Shape, list_byte_letters
from tests.support.tiny_gguf import ARCHITECTURES, entry_of, plus, prefer, shape, splitting, tiny
from triage.contract.slots import SLOT, WritingTask
from triage.contract.step import (
    EngineError,
    EngineTimeout,
    EngineUnavailable,
    Status,
    Step,
)
from triage.guardrails.attribution import has_unsourced_value
from triage.inference.registry.pinned import Entry
from triage.inference.writer import LlamaWriter
from triage.steps import draft, summarize

__all__ = ["entry", "folder"]  # fixtures


OTHER = replace(TASK, intent="late delivery", ticket="Where is my parcel? It is a present.")
STEPS = pytest.mark.parametrize("step", [summarize.step, draft.step], ids=["summary", "draft"])


def assert_nothing_typed(text: str, task: WritingTask = TASK) -> None:
    assert set(SLOT.findall(text)) <= {slot.name for slot in task.slots}
    assert not has_unsourced_value(SLOT.sub("", text))


# --- whatever it babbles ------------------------------------------------------------


@STEPS
@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_the_babble_of_any_architecture_fails_and_the_next_rung_writes(
    folder: Path, architecture: str, step: Step
) -> None:
    entry = tiny(folder, shape=shape(architecture))
    result = climbed(step, entry)
    assert (result.status, result.served and result.served.name) == (Status.OK, "sentences")
    (tried,) = result.tried
    assert (tried.rung, tried.outcome) == (entry.name, "doubted")
    assert "finished: the writer was cut off before the end" in tried.because
    assert tried.evidence
    usage = tried.evidence.usage
    assert usage.output_tokens == entry.max_tokens or usage.finish_reason == "repetition"


@pytest.mark.parametrize("heat", [0.0, 1.0])
@pytest.mark.parametrize(
    "tokens", [tiny_gguf.splitting(), tiny_gguf.with_bytes()], ids=["bpe", "spm"]
)
def test_a_model_that_wants_digits_above_all_writes_none(
    folder: Path, tokens: Any, heat: float
) -> None:
    wants = prefer(tokens, *tiny_gguf.holding(tokens, "0123456789"))
    writer = LlamaWriter(replace(tiny(folder, tokens=tokens, adjust=wants), temperature=heat))
    free = writer.generate_tokens(
        writer.tokenize_text(writer.build_prompt(TASK)), NoConstraint(), _never
    )
    assert any(c.isnumeric() for c in spelled(writer, free.ids))
    assert_nothing_typed(writer.write(TASK).text)


def _never() -> bool:
    return False


def spelled(writer: LlamaWriter, ids: list[int]) -> str:
    return writer._vocabulary.spell_tokens(ids).decode(errors="replace")


def test_a_model_that_wants_marks_spells_those_of_the_case_from_pieces(folder: Path) -> None:
    tokens = splitting()
    wants = prefer(tokens, *tiny_gguf.holding(tokens, list_byte_letters()[0xE2]))
    text = said(tiny(folder, tokens=tokens, adjust=wants))
    assert len(SLOT.findall(text)) > 3
    assert_nothing_typed(text)


def test_the_same_task_gives_the_same_text_at_any_temperature(entry: Entry) -> None:
    for heat in (0.0, 0.8):
        writer = LlamaWriter(replace(entry, temperature=heat))
        assert writer.write(TASK).text == writer.write(TASK).text


def test_a_model_with_the_vocabulary_of_the_bundled_one_is_asked_as_that_one_is(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from triage.training.writer import tokenizer

    monkeypatch.setattr(tokenizer, "TRAINING_SAMPLES", 60)
    entry = tiny_gguf.focal(folder, tokenizer.train_tokenizer(seed=1))
    writer = LlamaWriter(entry)
    assert writer.build_prompt(TASK).startswith("<|draft|>\n")
    written = writer.write(TASK)
    assert_nothing_typed(written.text)
    assert (written.usage.input_tokens or 999) < 200
    assert climbed(draft.step, entry).swap_reason.startswith("focal: ")


def test_a_token_longer_than_the_bindings_buffer_is_spelled_in_full(folder: Path) -> None:
    long = "internationalization" * 20
    tokens = plus(splitting(), [long])
    writer = LlamaWriter(tiny(folder, tokens=tokens))
    assert long.encode() in writer._vocabulary.pieces


# --- the end, the beginning and the thoughts -------------------------------------------


def test_every_token_by_which_the_file_ends_a_text_ends_it(folder: Path) -> None:
    tokens = plus(splitting(), ["<|eot_id|>"], CONTROL_TOKEN_TYPE)
    wants = prefer(tokens, "<|eot_id|>")
    written = LlamaWriter(tiny(folder, tokens=tokens, adjust=wants)).write(TASK)
    assert (written.text, written.finished, written.usage.finish_reason) == ("", True, "stop")


@pytest.mark.parametrize("template", [CHATML, "{{ bos_token }}" + CHATML])
def test_a_prompt_begins_once_as_the_file_asks_for(folder: Path, template: str) -> None:
    writer = LlamaWriter(tiny(folder, tokens=tiny_gguf.with_bytes(), template=template))
    tokens = writer.tokenize_text(writer.build_prompt(TASK))
    assert tokens[0] == 1
    assert tokens.count(1) == 1


def test_a_model_that_never_stops_thinking_has_written_nothing(folder: Path) -> None:
    tokens = plus(splitting(), ["<think>", "</think>"], tiny_gguf.USER)
    wants = prefer(tokens, "<think>")
    entry = tiny(folder, tokens=tokens, adjust=wants)
    written = LlamaWriter(entry).write(TASK)
    assert (written.text, written.finished) == ("", False)
    usage = written.usage
    assert usage.output_tokens == entry.max_tokens or usage.finish_reason == "repetition"
    assert "finished" in climbed(draft.step, entry).swap_reason


# --- files that are no writers ---------------------------------------------------------------


def _half(folder: Path) -> Entry:
    data = tiny(folder).path.read_bytes()
    (folder / "half.gguf").write_bytes(data[: len(data) // 2])
    return entry_of(folder / "half.gguf")


def _text(folder: Path) -> Entry:
    (folder / "text.gguf").write_text("Dear reader, this is no model. " * 50)
    return entry_of(folder / "text.gguf")


def _empty(folder: Path) -> Entry:
    (folder / "empty.gguf").write_bytes(b"")
    return entry_of(folder / "empty.gguf")


NO_WRITERS: dict[str, tuple[Callable[[Path], Entry], str]] = {
    "missing": (lambda f: replace(tiny(f), path=f / "gone.gguf"), "no file at"),
    "changed": (
        lambda f: replace(tiny(f), sha256="0" * 64),
        "the roster pins 000000000000…: refused",
    ),
    "half": (_half, "half.gguf cannot be loaded: tensor .+ not within the file bounds"),
    "text": (_text, "text.gguf cannot be loaded: invalid magic"),
    "empty": (_empty, "empty.gguf cannot be loaded: failed to read magic"),
    "encoder": (tiny_gguf.encoder, "encoder.gguf cannot write: it turns texts into vectors"),
    "unknown": (
        lambda f: tiny(f, shape=Shape(architecture="nobodys")),
        "unknown model architecture: 'nobodys'",
    ),
    "no template": (lambda f: tiny(f, template=""), "the file has no chat template"),
    "broken template": (
        lambda f: tiny(f, template="{% for m in messages"),
        "cannot be loaded: its chat template is broken",
    ),
    "failing template": (
        lambda f: tiny(f, template="{{ raise_exception('Only for images') }}"),
        "the chat template of the file fails: Only for images",
    ),
}


@pytest.mark.parametrize("kind", NO_WRITERS)
def test_a_file_that_cannot_write_is_named_and_the_next_rung_writes(
    tmp_path: Path, kind: str
) -> None:
    make, because = NO_WRITERS[kind]
    entry = make(tmp_path)
    with pytest.raises(EngineError, match=because):
        LlamaWriter(entry)
    result = climbed(draft.step, entry)
    assert (result.status, result.served and result.served.name) == (Status.OK, "sentences")
    assert [tried.rung for tried in result.tried] == [entry.name]


def test_llama_cpp_is_not_heard(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    writer = LlamaWriter(replace(tiny(tmp_path), context=512, seconds=-1.0))
    with pytest.raises(EngineTimeout):
        writer.write(replace(TASK, slots=(), kind="summary", ticket=""))
    for make, _ in NO_WRITERS.values():
        with pytest.raises(EngineError):
            LlamaWriter(make(tmp_path))
    assert capfd.readouterr() == ("", "")


def test_without_the_library_the_writer_is_not_there(
    entry: Entry, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "llama_cpp", None)
    with pytest.raises(EngineUnavailable, match="not installed"):
        LlamaWriter(entry)


def test_the_digest_of_the_mask_and_the_prompt_are_in_the_usage(entry: Entry) -> None:
    writer = LlamaWriter(entry)
    usage = writer.write(TASK).usage
    assert usage.constraint_sha256 == writer.build_constraint(TASK).sha256
    assert usage.prompt_sha256 == hashlib.sha256(writer.build_prompt(TASK).encode()).hexdigest()
