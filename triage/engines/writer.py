"""Writers through llama-cpp-python: the bundled focal one, or any other GGUF of the roster.

What may not be typed is masked while decoding: digits always, and slot marks that this
case does not have. The finished text is checked again by ``grounding``; the mask makes
mistakes rare, the check makes them harmless.
"""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from triage.engines.chat import chat_prompt
from triage.focal.prompt import END, focal_prompt
from triage.focal.sentences import strange_sentences
from triage.grounding import Written, sentences
from triage.roster import Entry, verified
from triage.slots import CLOSE, OPEN, SLOT, WritingTask
from triage.step import Card, EngineError, EngineTimeout, EngineUnavailable, Usage

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SEED = 7
CONTROL = re.compile(r"<\|\w+\|>")


class LlamaWriter:
    """One GGUF loaded once a process. Raises EngineUnavailable, EngineTimeout or EngineError."""

    def __init__(self, entry: Entry, threads: int = 1) -> None:
        path = verified(entry)
        try:
            from llama_cpp import Llama

            self._llama: Any = Llama(
                model_path=str(path),
                n_ctx=entry.context,
                n_threads=threads,
                n_threads_batch=threads,
                seed=SEED,
                verbose=False,
            )
        except (ImportError, ValueError, OSError) as error:
            raise EngineUnavailable(
                f"{entry.name}: {path.name} cannot be loaded: {error}"
            ) from error
        self.entry = entry
        self.card = Card(
            name=entry.name,
            kind=entry.model_class,
            runtime=f"llama-cpp-python {version('llama-cpp-python')}",
            weights=entry.sha256,
            quantization=self._llama.metadata.get("general.file_type", ""),
            settings={"temperature": 0, "seed": SEED, "context": entry.context, "threads": threads},
        )
        self._vocabulary = Vocabulary(self._llama)

    def write(self, task: WritingTask) -> Written:
        prompt = self._prompt(task)
        tokens = self._llama.tokenize(prompt.encode(), add_bos=False, special=True)
        room = min(self.entry.max_tokens, self.entry.context - len(tokens))
        if room < 1:
            raise EngineError(f"the case needs {len(tokens)} tokens, {self.entry.context} fit")
        mask = self._vocabulary.mask_for(prompt)
        ids, finished = self._generate(tokens, mask, room)
        spelled = self._llama.detokenize(ids, special=True).decode(errors="replace")
        text = spelled.replace("\0", "").strip()  # PostgreSQL stores no NUL
        return Written(
            text=text,
            doubted=self._doubted(task, text),
            finished=finished,
            usage=Usage(
                prompt_sha256=hashlib.sha256(prompt.encode()).hexdigest(),
                constraint_sha256=mask.sha256,
                input_tokens=len(tokens),
                output_tokens=len(ids),
                finish_reason="stop" if finished else "length",
            ),
        )

    def _doubted(self, task: WritingTask, text: str) -> frozenset[str]:
        """The bundled writer learned a closed set of sentences: what is none of them is doubted."""
        if not self._vocabulary.whole_slots:
            return frozenset()
        said = (sentence.strip() for sentence in sentences(text))
        return frozenset(s for s in said if s and strange_sentences(task, s))

    def _prompt(self, task: WritingTask) -> str:
        if self._vocabulary.whole_slots:
            return focal_prompt(task)
        return chat_prompt(task, self._llama.metadata)

    def _generate(self, tokens: Sequence[int], mask: Mask, room: int) -> tuple[list[int], bool]:
        """The new tokens, and whether the writer came to its end by itself."""
        deadline = time.monotonic() + self.entry.seconds
        ids: list[int] = []
        stream = self._llama.generate(tokens, temp=0.0, logits_processor=mask.processors())
        try:
            for token in stream:
                if token in self._vocabulary.ends:
                    return ids, True
                ids.append(token)
                if len(ids) >= room:
                    break
                if time.monotonic() > deadline:
                    raise EngineTimeout(
                        f"{self.entry.name} took more than {self.entry.seconds:g} s"
                    )
        except (RuntimeError, ValueError) as error:  # what llama.cpp raises when it cannot go on
            raise EngineError(f"{self.entry.name} broke off: {error}") from error
        return ids, False


class Vocabulary:
    """What the tokens of a model can spell, worked out once from its vocabulary."""

    def __init__(self, llama: Any) -> None:
        self._llama = llama
        self.size: int = llama.n_vocab()
        self.pieces = [self._piece(token) for token in range(self.size)]
        self.slots = {
            match.group(1): token
            for token, piece in enumerate(self.pieces)
            if (match := SLOT.fullmatch(piece))
        }
        self.whole_slots = bool(self.slots)
        self.ends = {llama.token_eos(), *self._ids_of(END)}
        self.controls = [t for t, piece in enumerate(self.pieces) if self._is_unwritable(piece)]
        self.digits = [t for t, piece in enumerate(self.pieces) if _spells_digit(piece)]

    def _is_unwritable(self, piece: str) -> bool:
        """Marks of the prompt and bytes that are no text; a foreign model may spell in bytes."""
        unseen = any(c < " " and c != "\n" for c in piece)
        return bool(CONTROL.fullmatch(piece)) or unseen or (self.whole_slots and "\ufffd" in piece)

    def _piece(self, token: int) -> str:
        data: bytes = self._llama.detokenize([token], special=True)
        return data.decode(errors="replace")

    def _ids_of(self, text: str) -> Iterator[int]:
        return (token for token, piece in enumerate(self.pieces) if piece == text)

    def mask_for(self, prompt: str) -> Mask:
        """No digit, no control token, no mark but those the prompt shows."""
        shown = set(SLOT.findall(prompt))
        foreign = [token for name, token in self.slots.items() if name not in shown]
        return Mask(self, sorted({*self.digits, *self.controls, *foreign} - self.ends))


def _spells_digit(piece: str) -> bool:
    return not SLOT.fullmatch(piece) and any(c.isnumeric() for c in piece)


class Mask:
    """Sets the logits of forbidden tokens to minus infinity, in place."""

    def __init__(self, vocabulary: Vocabulary, forbidden: list[int]) -> None:
        import numpy as np

        self._vocabulary = vocabulary
        self._forbidden: NDArray[np.intp] = np.array(forbidden, np.intp)
        self.sha256 = hashlib.sha256(self._forbidden.tobytes()).hexdigest()
        self._tail = ""
        self._seen: int | None = None

    def processors(self) -> Any:
        from llama_cpp import LogitsProcessorList

        return LogitsProcessorList([self])

    def __call__(self, ids: NDArray[np.intc], scores: NDArray[np.single]) -> NDArray[np.single]:
        import numpy as np

        if self._vocabulary.whole_slots or not self._inside_slot(ids):
            scores[self._forbidden] = -np.inf
        return scores

    def _inside_slot(self, ids: NDArray[np.intc]) -> bool:
        """A foreign vocabulary spells a mark in pieces: digits are let through only there."""
        if self._seen is not None:
            self._tail = (self._tail + self._vocabulary.pieces[int(ids[-1])])[-12:]
        self._seen = len(ids)
        return self._tail.rfind(OPEN) > self._tail.rfind(CLOSE)
