"""Measuring a writer: the same task twice, with the mask and without."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.benchmarks.writer import timing
from tests.support.tiny_gguf import shape, tiny


def test_each_task_is_written_with_the_mask_and_without(tmp_path: Path) -> None:
    entry = tiny(tmp_path)
    measured = list(timing.time_pairs(entry, timing.sample_tasks(2)))
    assert [pair.kind for pair in measured] == ["draft", "draft", "summary", "summary"]
    assert all(pair.tokens == pair.free_tokens == entry.max_tokens for pair in measured)
    assert all(pair.ratio > 0 for pair in measured)


def test_the_table_has_a_line_for_each_model_and_text(tmp_path: Path) -> None:
    _, _, draft, summary = timing.iter_table_lines([tiny(tmp_path)], 1)
    assert "| draft |" in draft
    assert "| summary |" in summary


def test_a_model_of_random_weights_has_the_vocabulary_of_a_real_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = replace(shape("qwen2"), quantized="Q8_0", tied=True)
    monkeypatch.setitem(timing.MODEL_SHAPES, "0.5B", small)
    monkeypatch.setattr(timing, "VOCABULARY_TOKENS", 9000)
    entry = timing.create_random_entry("0.5B", tmp_path)
    writer = timing.PatientWriter(entry)
    assert len(writer._vocabulary.pieces) == 9000
    assert writer.write(timing.sample_tasks(1)[0]).usage.output_tokens == timing.MAX_TEXT_TOKENS
