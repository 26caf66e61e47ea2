"""What a time is measured against: llama.cpp writing 100 tokens with the bundled writer."""

from __future__ import annotations

import time
from importlib.metadata import version
from statistics import median
from typing import Any, Final

from triage.inference.registry import pinned

PROMPT: Final = "The customer asks where the parcel is that was ordered two weeks ago. " * 8
WRITTEN_TOKENS: Final = 100
TURNS: Final = 25  # texts each time it is asked, together about a second


class Yardstick:
    """The bundled file in llama.cpp, one thread as in the workers, without code of ours about it.

    Ask it several times during a run: what the machine does meanwhile falls on both.
    """

    def __init__(self) -> None:
        import llama_cpp

        entry = pinned.load_entries()["focal"]
        self.name = f"llama-cpp-python {version('llama-cpp-python')}, {entry.sha256[:12]}"
        self.samples_ms: list[float] = []
        self._llama: Any = llama_cpp.Llama(
            str(entry.path), n_ctx=entry.context, n_threads=1, n_threads_batch=1, verbose=False
        )
        self._prompt = self._llama.tokenize(PROMPT.encode())
        self._write_text()  # the first reads the file

    @property
    def ms(self) -> float:
        """Milliseconds of a text, the median of all so far."""
        return median(self.samples_ms)

    def take_samples(self) -> None:
        """Time some texts more."""
        for _ in range(TURNS):
            began = time.perf_counter()
            self._write_text()
            self.samples_ms.append((time.perf_counter() - began) * 1000)

    def _write_text(self) -> None:
        self._llama.reset()
        self._llama.eval(self._prompt)
        for _ in range(WRITTEN_TOKENS):
            self._llama.eval([int(self._get_logits().argmax())])

    def _get_logits(self) -> Any:
        import llama_cpp
        import numpy as np

        pointer = llama_cpp.llama_get_logits_ith(self._llama.ctx, -1)
        return np.ctypeslib.as_array(pointer, (self._llama.n_vocab(),))
