"""The encoder's graph as OpenVINO has it, kept in files once it was made.

Making one loads torch and the whole model beside it: thirteen seconds and half a gigabyte for
every process that serves. Reading one takes a second, and processes share the mapped file. A
kept graph gives the same vectors bit for bit; it can be deleted at any time and is then made
again.
"""

from __future__ import annotations

import hashlib
import logging
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any
from uuid import uuid4

log = logging.getLogger(__name__)

MAX_KEPT_GRAPHS = 4  # the plain encoder, one for labels, one for clauses, one that was before
GRAPH, WEIGHTS, DIGEST = "graph.xml", "graph.bin", "sha256"


@dataclass(frozen=True)
class GraphFolder:
    """Where the graph of one model is kept."""

    path: Path

    @classmethod
    def find(cls, folder: Path, *weights: str) -> GraphFolder:
        """The place within ``folder`` for the model of these digests, made by these libraries."""
        made_by = (f"{name} {version(name)}" for name in ("openvino", "torch", "transformers"))
        key = hashlib.sha256("\0".join([*weights, *made_by]).encode()).hexdigest()
        return cls(folder / key[:40])

    def read_graph(self, openvino: Any) -> Any:
        """The graph, None where there is none or where it is not what was kept."""
        try:
            if (self.path / DIGEST).read_text() == _hash_graph(self.path):
                return openvino.Core().read_model(self.path / GRAPH)
            log.warning("%s is damaged and is made again", self.path)
        except FileNotFoundError:
            return None
        except (OSError, RuntimeError) as error:
            log.warning("%s cannot be read and is made again: %s", self.path, error)
        shutil.rmtree(self.path, ignore_errors=True)
        return None

    def keep_graph(self, openvino: Any, graph: Any) -> None:
        """Keep the graph whole or not at all: several processes may do so at once.

        A disk that takes none costs the next process some time, and no ticket its label.
        """
        part = self.path.with_name(f".{uuid4().hex}.part")
        try:
            part.mkdir(parents=True)
            openvino.save_model(graph, part / GRAPH, compress_to_fp16=False)
            (part / DIGEST).write_text(_hash_graph(part))
            if not self.path.exists():
                part.rename(self.path)
            _remove_oldest(self.path.parent)
        except (OSError, RuntimeError) as error:
            log.warning("%s cannot be kept: %s", self.path, error)
        finally:
            shutil.rmtree(part, ignore_errors=True)


def load_or_make_graph(openvino: Any, folder: GraphFolder | None, make: Callable[[], Any]) -> Any:
    """The kept graph, or the one that ``make`` makes, which is kept then."""
    found = folder.read_graph(openvino) if folder else None
    if found is not None:
        return found
    made = make()
    if folder:
        folder.keep_graph(openvino, made)
    return made


def _hash_graph(path: Path) -> str:
    digest = hashlib.sha256()
    for name in (GRAPH, WEIGHTS):
        with (path / name).open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()


def _remove_oldest(folder: Path) -> None:
    """Only the newest graphs stay: each is as large as the encoder."""
    kept = [path for path in folder.iterdir() if not path.name.startswith(".")]
    for path in sorted(kept, key=lambda path: path.stat().st_mtime)[:-MAX_KEPT_GRAPHS]:
        shutil.rmtree(path, ignore_errors=True)
