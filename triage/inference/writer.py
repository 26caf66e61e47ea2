"""Writers through llama-cpp-python: the bundled focal one, or any other GGUF of the roster.

What may not be typed is masked while decoding, in the vocabulary of whichever model it
is. The finished text is checked again by ``grounding``; the mask makes mistakes rare, the
check makes them harmless.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Sequence
from importlib.metadata import version
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from triage.contract.slots import CLOSE, OPEN, WritingTask, all_names
from triage.contract.step import Card, EngineError, EngineTimeout, EngineUnavailable, Usage
from triage.generation.composer import Composition
from triage.generation.constrained_decoding import Mask
from triage.generation.phrasebook import Phrasebook
from triage.generation.prompt import END, focal_prompt, speakable
from triage.generation.prompt_budget import fitted
from triage.guardrails.attribution import Written
from triage.inference.chat_prompt import SAMPLES, chat_prompt
from triage.inference.llama import model
from triage.inference.reasoning import answer
from triage.inference.registry.pinned import Entry, verified

if TYPE_CHECKING:
    import numpy as np

    from triage.generation.constrained_decoding import Logits

SEED: Final = 7


class Constraint(Protocol):
    """What stands between a model and what it may write: a Mask, or in a measurement none."""

    @property
    def sha256(self) -> str: ...

    @property
    def begun(self) -> int: ...

    def only(self) -> int | None: ...

    def forbid(self, logits: Logits) -> None: ...

    def took(self, token: int) -> None: ...


class Decoded(NamedTuple):
    """What a model said to a prompt: its tokens, whether it ended itself, tokens not read anew."""

    ids: list[int]
    ended: bool
    reused: int


class LlamaWriter:
    """One GGUF loaded once a process. Raises EngineUnavailable, EngineTimeout or EngineError."""

    def __init__(
        self, entry: Entry, threads: int = 1, clock: Callable[[], float] = time.monotonic
    ) -> None:
        path = verified(entry)
        try:
            import llama_cpp  # noqa: F401  asked for here, where its absence has a name
        except ImportError as error:
            raise EngineUnavailable(f"{entry.name}: llama-cpp-python is not installed") from error
        self.entry = entry
        self._clock = clock
        self._model = model(path, entry.sha256, entry.context, threads)
        self._vocabulary = self._model.vocabulary
        self._book = self._phrasebook()
        self._shared = _same(*(self.tokens(self.prompt(sample)) for sample in SAMPLES))
        self.card = Card(
            name=entry.name,
            kind=entry.model_class,
            runtime=f"llama-cpp-python {version('llama-cpp-python')}",
            weights=entry.sha256,
            quantization=self._model.metadata.get("general.file_type", ""),
            settings={
                "temperature": entry.temperature,
                "seed": SEED,
                "context": self._model.context,
                "threads": threads,
            },
        )

    def write(self, task: WritingTask) -> Written:
        late = _deadline(self._clock, self.entry.seconds)
        task, cut = fitted(task, lambda smaller: len(self.tokens(self.prompt(smaller))), self._room)
        prompt = self.prompt(task)
        tokens, mask = self.tokens(prompt), self.mask(task)
        decoded = self.decode(tokens, mask, late)
        text, thought = self._text(decoded.ids, mask.begun)
        return Written(
            text=text,
            finished=decoded.ended and thought,
            usage=Usage(
                prompt_sha256=hashlib.sha256(prompt.encode()).hexdigest(),
                constraint_sha256=mask.sha256,
                input_tokens=len(tokens),
                reused_tokens=decoded.reused,
                output_tokens=len(decoded.ids),
                finish_reason="stop" if decoded.ended else "length",
                cut=cut,
            ),
        )

    @property
    def _room(self) -> int:
        """How many tokens a prompt may have, so that an answer still has room."""
        return self._model.context - min(self.entry.max_tokens, self._model.context // 2)

    def prompt(self, task: WritingTask) -> str:
        """The whole prompt. Raises EngineError where the file's chat template fails."""
        if self._book is not None:
            return focal_prompt(task)
        return chat_prompt(task, self._model.metadata, self._model.begin, self._model.end)

    def tokens(self, prompt: str) -> list[int]:
        """The prompt as this model reads it."""
        return self._model.tokens(prompt)

    def _phrasebook(self) -> Phrasebook | None:
        """The sentences of the bundled writer; any other model finds its own words."""
        ends = self.tokens(END)
        ours = {f"{OPEN}{name}{CLOSE}".encode() for name in all_names()}
        if len(ends) != 1 or not ours <= self._vocabulary.marks:
            return None
        return Phrasebook(self.tokens, ends[0])

    def mask(self, task: WritingTask) -> Constraint:
        """What this model may write for the task: no mark but those it was told of."""
        if self._book is not None:
            return Composition(self._book, task)
        return Mask(self._vocabulary, [slot.mark for slot in speakable(task)])

    def decode(
        self, tokens: Sequence[int], constraint: Constraint, late: Callable[[], bool]
    ) -> Decoded:
        """What the model says to a prompt, thoughts included, until its end or its last token.

        Raises EngineTimeout once it is ``late``, also while the prompt is read.
        """
        reused = self._model.read(tokens, self._shared, late)
        random = _random()
        ids: list[int] = []
        unread = 0
        while len(ids) < self.entry.max_tokens and len(tokens) + len(ids) < self._model.context:
            token = constraint.only()
            if token is None:
                if unread:  # what had to follow is read at once, not token by token
                    self._model.go_on(ids[-unread:])
                unread, token = 0, self._chosen(constraint, random)
            if token in self._vocabulary.ends:
                return Decoded(ids, True, reused)
            if late():
                raise EngineTimeout(f"{self.entry.name} took more than {self.entry.seconds:g} s")
            ids.append(token)
            unread += 1
            constraint.took(token)
        return Decoded(ids, False, reused)

    def _chosen(self, constraint: Constraint, random: np.random.Generator) -> int:
        """The likeliest token that is allowed, or with a temperature one by its chance."""
        logits = self._model.logits()
        constraint.forbid(logits)
        heat = self.entry.temperature
        token = int((logits if heat <= 0 else _noisy(logits, heat, random)).argmax())
        if logits[token] == -float("inf"):
            raise EngineError(f"{self.entry.name} has nothing left that it may write")
        return token

    def _text(self, ids: Sequence[int], begun: int) -> tuple[str, bool]:
        """The answer, and whether all thoughts before it ended; a mark half spelled is dropped."""
        spelled = self._vocabulary.spell(ids)
        text = spelled[: len(spelled) - begun].decode(errors="replace")
        return answer(text.replace("\0", ""))  # PostgreSQL stores no NUL


def _deadline(clock: Callable[[], float], seconds: float) -> Callable[[], bool]:
    end = clock() + seconds
    return lambda: clock() > end


def _same(first: Sequence[int], second: Sequence[int]) -> int:
    """How many tokens two prompts have in common from the beginning."""
    pairs = zip(first, second, strict=False)
    return next((n for n, (a, b) in enumerate(pairs) if a != b), min(len(first), len(second)))


def _random() -> np.random.Generator:
    import numpy as np

    return np.random.default_rng(SEED)


def _noisy(logits: Logits, heat: float, random: np.random.Generator) -> Logits:
    """Logits whose maximum is a sample at that temperature (by the Gumbel-max trick)."""
    import numpy as np

    return logits / np.float32(heat) + random.gumbel(size=logits.shape).astype(np.float32)
