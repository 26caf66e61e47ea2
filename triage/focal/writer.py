"""Asking the exported file: greedy decoding under the mask, as simple as can be.

For evaluation only; the product's engine is ``triage.engines.writer``.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from triage.focal.model import CONTEXT
from triage.focal.prompt import END, focal_prompt
from triage.focal.tokenizer import CONTROL, MARKS
from triage.slots import SLOT, WritingTask

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LONGEST: Final = 256


class Written(NamedTuple):
    """What came out: whether it ended by itself, and how often the mask had to act."""

    text: str
    ended: bool
    tokens: int
    prevented: int


class FocalWriter:
    """One loaded file, one thread."""

    def __init__(self, path: Path) -> None:
        from llama_cpp import Llama

        self._llama = Llama(str(path), n_ctx=CONTEXT, n_threads=1, n_threads_batch=1, verbose=False)
        self._size = self._llama.n_vocab()
        self._ids = {text: self._id(text) for text in (*CONTROL, *MARKS, *"0123456789")}

    def write(self, task: WritingTask) -> Written:
        """The model's answer to the task, digits and unknown slots made impossible."""
        import numpy as np
        from llama_cpp import LogitsProcessorList

        prompt = focal_prompt(task)
        forbidden = self._forbidden(set(SLOT.findall(prompt)))
        prevented = 0

        def mask(_: NDArray[np.intc], scores: NDArray[np.single]) -> NDArray[np.single]:
            nonlocal prevented
            prevented += bool(np.isin(int(scores.argmax()), forbidden))
            scores[forbidden] = -np.inf
            return scores

        end = self._ids[END]
        made: list[int] = []
        stream = self._llama.generate(
            self._tokens(prompt), temp=0.0, logits_processor=LogitsProcessorList([mask])
        )
        for token in stream:
            if token == end or len(made) == LONGEST:
                break
            made.append(token)
        text = self._llama.detokenize(made).decode("utf-8", "replace")
        return Written(text, token == end, len(made), prevented)

    def _forbidden(self, known: set[str]) -> NDArray[np.intp]:
        import numpy as np

        allowed = {END, *(f"⟦{name}⟧" for name in known)}
        return np.array([i for text, i in self._ids.items() if text not in allowed])

    def _tokens(self, text: str) -> list[int]:
        tokens: list[int] = self._llama.tokenize(text.encode(), add_bos=False, special=True)
        return tokens

    def _id(self, text: str) -> int:
        tokens = self._tokens(text)
        if len(tokens) != 1:
            raise ValueError(f"{text!r} is not a single token of this file")
        return tokens[0]
