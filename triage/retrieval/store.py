"""What an encoder made of the clauses, kept in files: a version is read once on a machine.

One safetensors file for each version of each policy and each encoder. A version is never
edited, so neither is its file; it can be deleted at any time and is then made again.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from uuid import uuid4

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from triage.contract.case import Clause
from triage.retrieval.index import Embedded, embed_clauses, get_search_text
from triage.retrieval.late_interaction import Tokens
from triage.signals.encoded_text import TokenEncoder

log = logging.getLogger(__name__)


class Store:
    """Token vectors of clauses in ``folder``, about 50 kB a clause."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def load_embedded(self, clauses: Sequence[Clause], encoder: TokenEncoder, by: str) -> Embedded:
        """The clauses in their order as the encoder named ``by`` reads them.

        What is not in the folder yet is embedded and kept there.
        """
        parts = [
            self._load_version(list(group), encoder, by)
            for _, group in groupby(clauses, key=lambda each: (each.policy, each.version))
        ]
        return join_embedded(parts) if parts else embed_clauses([], encoder, by)

    def _load_version(self, clauses: list[Clause], encoder: TokenEncoder, by: str) -> Embedded:
        path = self._folder / f"{_digest_clauses(clauses, by)}.safetensors"
        if path.exists() and (kept := _read_file(path, by)):
            return kept
        made = embed_clauses(clauses, encoder, by)
        self._save_embedded(path, made)
        return made

    def _save_embedded(self, path: Path, made: Embedded) -> None:
        """Save whole or not at all: workers on several machines may write the same file.

        A disk that takes none costs the next process some time, and no ticket its clauses.
        """
        part = path.with_suffix(f".{uuid4().hex}.part")
        tensors = {"vectors": made.vectors, "rows": made.tokens.rows, "starts": made.tokens.starts}
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            save_file({name: np.ascontiguousarray(each) for name, each in tensors.items()}, part)
            part.replace(path)
        except (SafetensorError, OSError) as error:
            log.warning("%s cannot be kept: %s", path, error)


def _read_file(path: Path, by: str) -> Embedded | None:
    try:
        tensors = load_file(path)
        return Embedded(tensors["vectors"], Tokens(tensors["rows"], tensors["starts"]), by)
    except (SafetensorError, OSError, KeyError) as error:
        log.warning("%s cannot be read and is made again: %s", path, error)
        return None


def _digest_clauses(clauses: Sequence[Clause], by: str) -> str:
    digest = hashlib.sha256(by.encode())
    for clause in clauses:
        digest.update(b"\0" + get_search_text(clause).encode())
    return digest.hexdigest()[:40]


def join_embedded(parts: Sequence[Embedded]) -> Embedded:
    """The parts one after the other, all by the same encoder."""
    ends = np.cumsum([0, *(len(part.tokens.rows) for part in parts)])
    starts = [part.tokens.starts[:-1] + end for part, end in zip(parts, ends, strict=False)]
    return Embedded(
        np.concatenate([part.vectors for part in parts]),
        Tokens(
            np.concatenate([part.tokens.rows for part in parts]),
            np.concatenate([*starts, ends[-1:]]).astype(np.int64),
        ),
        parts[0].by,
    )
