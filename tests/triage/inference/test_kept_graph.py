"""The encoder's graph is made once on a machine, and what serves then has no torch in it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from triage.inference import encoder as module
from triage.inference import forward, kept_graph
from triage.inference.encoder import Encoder
from triage.inference.registry import pinned
from triage.pipeline import registry

ENTRY = pinned.load_entries()["minilm"]
TEXTS = ["Where is my kettle?", "", "Dear all, the lamp came broken. " * 40, "für 5 € 😀"]


@pytest.fixture(scope="module")
def graphs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which one process has kept the graph."""
    folder = tmp_path_factory.mktemp("graphs")
    np.save(folder / ".vectors.npy", Encoder(ENTRY, graphs=folder).embed(TEXTS))
    return folder


def read_vectors(graphs: Path) -> np.ndarray:
    made: np.ndarray = np.load(graphs / ".vectors.npy")
    return made


def refuse_to_load(*_: object) -> None:
    raise AssertionError("nobody needs the torch module")


def test_a_kept_graph_gives_the_same_vectors_bit_for_bit(
    graphs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "load_transformer", refuse_to_load)
    assert np.array_equal(Encoder(ENTRY, graphs=graphs).embed(TEXTS), read_vectors(graphs))


def test_what_only_serves_has_no_torch_in_it(graphs: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from triage.inference.registry import pinned\n"
        "from triage.inference.encoder import Encoder\n"
        f"Encoder(pinned.load_entries()['minilm'], graphs=Path({str(graphs)!r})).embed(['Hello'])\n"
        "assert not {'torch', 'transformers', 'sentence_transformers'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True, env={**os.environ})


def test_a_damaged_graph_is_made_again(graphs: Path, caplog: pytest.LogCaptureFixture) -> None:
    (kept,) = (path for path in graphs.iterdir() if path.is_dir())
    weights = kept / kept_graph.WEIGHTS
    weights.write_bytes(b"\0" * 64 + weights.read_bytes()[64:])
    assert np.array_equal(Encoder(ENTRY, graphs=graphs).embed(TEXTS), read_vectors(graphs))
    assert "damaged and is made again" in caplog.text
    again = kept_graph.GraphFolder(kept)
    assert again.read_graph(forward._import_openvino()) is not None


def test_a_disk_that_takes_none_costs_time_and_no_label(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "graphs").write_text("no folder")
    assert Encoder(ENTRY, graphs=tmp_path / "graphs").embed(["Hello"]).shape == (1, 384)
    assert "cannot be kept" in caplog.text


def test_only_the_newest_graphs_stay(tmp_path: Path) -> None:
    for number in range(kept_graph.MAX_KEPT_GRAPHS + 2):
        (tmp_path / str(number)).mkdir()
        os.utime(tmp_path / str(number), (number, number))
    kept_graph._remove_oldest(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["2", "3", "4", "5"]


def test_the_start_finds_it_once_the_command_has_made_it(
    graphs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, "_get_graphs", lambda: tmp_path)
    assert not registry.has_encoder_graph()
    monkeypatch.setattr(registry, "_get_graphs", lambda: graphs)
    assert registry.has_encoder_graph()
