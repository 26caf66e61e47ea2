"""The encoder: the same vectors alone and in a batch, from the pinned file, and nothing sent."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from triage.contract.step import EngineUnavailable
from triage.inference.encoder import Encoder
from triage.inference.forward import TorchForward
from triage.inference.registry import pinned

ENTRY = pinned.load_entries()["minilm"]
SHORT = ["Where is my kettle?", "Refund please", "ok", "The red chair came with three legs, again!"]
TEXTS = [
    f"{opening} {SHORT[i % 4]} {'I wrote last week as well. ' * (i % 7)}".strip()
    for i, opening in enumerate(["Hello", "", "Dear all,", "Sol said:"] * 16)
]


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    return Encoder(ENTRY)


@pytest.fixture
def torch_encoder(monkeypatch: pytest.MonkeyPatch) -> Encoder:
    monkeypatch.setitem(sys.modules, "openvino", None)  # as where it is not installed
    return Encoder(ENTRY)


def test_anas_ticket_has_the_same_vector_alone_and_among_64(encoder: Encoder) -> None:
    alone = np.vstack([encoder.embed([text]) for text in TEXTS])
    assert (alone * encoder.embed(TEXTS)).sum(axis=1).min() > 0.99999


def test_however_long_her_mails_are_few_widths_are_met(
    encoder: Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    widths, read = set(), encoder._forward

    def note_width(ids: Any, mask: Any) -> Any:
        widths.add(ids.shape[1])
        return read(ids, mask)

    monkeypatch.setattr(encoder, "_forward", note_width)
    for words in range(1, 300, 7):
        encoder.embed(["Where is my kettle? " * words])
    assert widths <= {*range(16, 257, 16)}


def test_vectors_come_in_the_order_of_the_texts_and_have_length_one(encoder: Encoder) -> None:
    vectors = encoder.embed(TEXTS)
    assert vectors.shape == (64, 384)
    assert vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(np.ones(64), abs=1e-5)
    assert (encoder.embed(TEXTS[::-1])[::-1] * vectors).sum(axis=1).min() > 0.99999


def test_what_means_the_same_is_nearer_than_what_does_not(encoder: Encoder) -> None:
    asked, same, other = encoder.embed(
        ["Where is my parcel?", "My order has not arrived yet.", "Please delete my account."]
    )
    assert asked @ same > asked @ other + 0.2


def test_the_vectors_are_those_of_sentence_transformers_itself(encoder: Encoder) -> None:
    from triage.inference.encoder import load_transformer

    theirs = load_transformer(ENTRY).encode(
        TEXTS, normalize_embeddings=True, show_progress_bar=False
    )
    assert (theirs * encoder.embed(TEXTS)).sum(axis=1).min() > 0.999


def test_no_texts_have_no_vectors(encoder: Encoder) -> None:
    assert encoder.embed([]).shape == (0, 384)
    assert encoder.embed_tokens([]) == []


def test_each_word_piece_has_a_vector_and_the_marks_at_the_ends_have_none(encoder: Encoder) -> None:
    none, two, three = encoder.embed_tokens(["", "Hello there", "Where is Sam"])
    assert [len(none), len(two), len(three)] == [0, 2, 3]
    assert np.linalg.norm(three, axis=1) == pytest.approx(np.ones(3), abs=1e-5)


def test_token_vectors_stay_with_their_text_in_a_batch(encoder: Encoder) -> None:
    for text, among in zip(TEXTS[:20], encoder.embed_tokens(TEXTS)[:20], strict=True):
        (alone,) = encoder.embed_tokens([text])
        assert among.shape == alone.shape
        assert (among * alone).sum(axis=1).min() > 0.9999


def test_both_at_once_are_what_each_is_alone(encoder: Encoder) -> None:
    vectors, pieces = encoder.embed_with_tokens(TEXTS[:20])
    assert (vectors == encoder.embed(TEXTS[:20])).all()
    for mine, theirs in zip(pieces, encoder.embed_tokens(TEXTS[:20]), strict=True):
        assert (mine == theirs).all()


def test_a_long_letter_is_read_to_its_256th_token(encoder: Encoder) -> None:
    (pieces,) = encoder.embed_tokens(["refund " * 400])
    assert len(pieces) == 254


def test_without_openvino_torch_serves_and_the_receipt_says_so(
    encoder: Encoder, torch_encoder: Encoder
) -> None:
    card = torch_encoder.build_engine_info("encoder")
    assert card.runtime.startswith("torch ")
    assert card.quantization == "float32"
    assert (torch_encoder.embed(TEXTS) * encoder.embed(TEXTS)).sum(axis=1).min() > 0.999


def test_the_receipt_names_runtime_precision_and_file(encoder: Encoder) -> None:
    card = encoder.build_engine_info("encoder", temperature=1.5)
    assert card.runtime == encoder.runtime
    assert card.runtime.startswith("openvino ")
    assert card.quantization == encoder.precision
    assert card.quantization in ("bfloat16", "float32")
    assert card.weights == ENTRY.sha256
    assert card.settings == {"temperature": 1.5}


def test_another_file_under_that_name_is_refused() -> None:
    with pytest.raises(EngineUnavailable, match="refused"):
        Encoder(replace(ENTRY, sha256="0" * 64))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(EngineUnavailable, match="no file at"):
        Encoder(replace(ENTRY, path=tmp_path / "gone.safetensors"))


def test_a_module_openvino_cannot_run_is_left_to_torch_and_logged(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from triage.inference import forward

    def refuse(*_: object) -> None:
        raise RuntimeError("no such processor")

    monkeypatch.setattr(forward, "_convert_module", refuse)
    assert isinstance(forward.build_forward(object, 1), TorchForward)
    assert "no such processor" in caplog.text


def test_loading_it_sends_nothing_and_leaves_nothing_at_home(tmp_path: Path) -> None:
    """OpenVINO's telemetry would report at import, and keep a client id in the home folder."""
    program = (
        "import sys; from triage.inference.registry import pinned; from triage.inference.encoder "
        "import Encoder\n"
        "Encoder(pinned.load_entries()['minilm']).embed(['Hello'])\n"
        "assert sys.modules['openvino'] and sys.modules['openvino_telemetry'] is None"
    )
    env = {name: value for name, value in os.environ.items() if name != "CI"}
    env |= {"HOME": str(tmp_path), "OMP_NUM_THREADS": "1"}
    subprocess.run([sys.executable, "-c", program], check=True, env=env)
    assert list(tmp_path.rglob("openvino*")) == []
