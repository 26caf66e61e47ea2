"""Writers through llama-cpp-python: the bundled focal one, or any other GGUF of the roster.

What may not be typed is masked while decoding, in the vocabulary of whichever model it
is. The finished text is checked again by ``attribution``; the mask makes mistakes rare, the
check makes them harmless.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Sequence
from importlib.metadata import version
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from triage.contract.slots import CLOSE, OPEN, WritingTask, iter_slot_names
from triage.contract.step import EngineError, EngineInfo, EngineTimeout, EngineUnavailable, Usage
from triage.generation.composer import Composition
from triage.generation.constrained_decoding import Mask
from triage.generation.phrasebook import Phrasebook
from triage.generation.prompt import END, build_writer_prompt, list_speakable_slots
from triage.generation.prompt_budget import fit_task
from triage.guardrails.attribution import Written
from triage.inference.chat_prompt import SAMPLE_TASKS, build_chat_prompt
from triage.inference.llama import load_model
from triage.inference.reasoning import extract_answer
from triage.inference.registry.pinned import Entry, verify_file

if TYPE_CHECKING:
    import numpy as np

    from triage.generation.constrained_decoding import Logits

SEED: Final = 7
MIN_REPEATED_TOKENS, REPEATED_TIMES = 6, 3


class Constraint(Protocol):
    """What stands between a model and what it may write: a Mask, a Composition, or none."""

    @property
    def sha256(self) -> str: ...

    @property
    def pending_mark_bytes(self) -> int: ...

    def find_forced_token(self) -> int | None: ...

    def mask_logits(self, logits: Logits) -> None: ...

    def accept_token(self, token: int) -> None: ...


class Decoded(NamedTuple):
    """What a model wrote: tokens, whether it ended itself, tokens not read anew, and whether it
    was stopped because it only repeated itself.
    """

    ids: list[int]
    ended: bool
    reused: int
    repeats: bool = False

    @property
    def finish_reason(self) -> str:
        return "stop" if self.ended else "repetition" if self.repeats else "length"


class LlamaWriter:
    """One GGUF loaded once a process. Raises EngineUnavailable, EngineTimeout or EngineError."""

    def __init__(
        self, entry: Entry, threads: int = 1, clock: Callable[[], float] = time.monotonic
    ) -> None:
        path = verify_file(entry)
        try:
            import llama_cpp  # noqa: F401  asked for here, where its absence has a name
        except ImportError as error:
            raise EngineUnavailable(f"{entry.name}: llama-cpp-python is not installed") from error
        self.entry = entry
        self._clock = clock
        self._model = load_model(path, entry.sha256, entry.context, threads)
        self._vocabulary = self._model.vocabulary
        self._book = self._build_phrasebook()
        self._shared = _count_shared_tokens(
            *(self.tokenize_text(self.build_prompt(sample)) for sample in SAMPLE_TASKS)
        )
        self.card = EngineInfo(
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
        """Write the text of a task, what may not be typed masked while decoding.

        A task too long for the context is shortened first. Raises EngineTimeout and
        EngineError.
        """
        late = _build_deadline(self._clock, self.entry.seconds)
        task, cut = fit_task(
            task,
            lambda smaller: len(self.tokenize_text(self.build_prompt(smaller))),
            self._max_prompt_tokens,
        )
        prompt = self.build_prompt(task)
        tokens, mask = self.tokenize_text(prompt), self.build_constraint(task)
        decoded = self.generate_tokens(tokens, mask, late)
        text, thought = self._spell_answer(decoded.ids, mask.pending_mark_bytes)
        return Written(
            text=text,
            finished=decoded.ended and thought,
            usage=Usage(
                prompt_sha256=hashlib.sha256(prompt.encode()).hexdigest(),
                constraint_sha256=mask.sha256,
                input_tokens=len(tokens),
                reused_tokens=decoded.reused,
                output_tokens=len(decoded.ids),
                finish_reason=decoded.finish_reason,
                cut=cut,
            ),
        )

    @property
    def _max_prompt_tokens(self) -> int:
        """How many tokens a prompt may have, so that an answer still has room."""
        return self._model.context - min(self.entry.max_tokens, self._model.context // 2)

    def build_prompt(self, task: WritingTask) -> str:
        """The whole prompt. Raises EngineError where the file's chat template fails."""
        if self._book is not None:
            return build_writer_prompt(task)
        return build_chat_prompt(task, self._model.metadata, self._model.begin, self._model.end)

    def tokenize_text(self, prompt: str) -> list[int]:
        """The tokens of a text as this model reads it."""
        return self._model.tokenize_text(prompt)

    def _build_phrasebook(self) -> Phrasebook | None:
        """The sentences of the bundled writer; any other model finds its own words."""
        ends = self.tokenize_text(END)
        ours = {f"{OPEN}{name}{CLOSE}".encode() for name in iter_slot_names()}
        if len(ends) != 1 or not ours <= self._vocabulary.marks:
            return None
        return Phrasebook(self.tokenize_text, ends[0])

    def build_constraint(self, task: WritingTask) -> Constraint:
        """What this model may write for the task: no mark but those it was told of."""
        if self._book is not None:
            return Composition(self._book, task)
        return Mask(self._vocabulary, [slot.mark for slot in list_speakable_slots(task)])

    def generate_tokens(
        self, tokens: Sequence[int], constraint: Constraint, late: Callable[[], bool]
    ) -> Decoded:
        """The tokens a model writes to a prompt, thoughts included.

        It ends itself, its room is used up, or it only repeats what it wrote: that is not finished.
        Raises EngineTimeout once it is ``late``, also while the prompt is read.
        """
        reused = self._model.read_prompt(tokens, self._shared, late)
        random = _build_generator()
        ids: list[int] = []
        unread = 0
        while len(ids) < self.entry.max_tokens and len(tokens) + len(ids) < self._model.context:
            token = constraint.find_forced_token()
            if token is None:
                if unread:  # what had to follow is read at once, not token by token
                    self._model.read_tokens(ids[-unread:])
                unread, token = 0, self._choose_token(constraint, random)
            if token in self._vocabulary.ends:
                return Decoded(ids, True, reused)
            if late():
                raise EngineTimeout(f"{self.entry.name} took more than {self.entry.seconds:g} s")
            ids.append(token)
            unread += 1
            constraint.accept_token(token)
            if self.only_repeats(ids):
                return Decoded(ids, False, reused, repeats=True)
        return Decoded(ids, False, reused)

    def only_repeats(self, ids: Sequence[int]) -> bool:
        """Whether nothing new is to be expected after these tokens."""
        return ends_in_repetition(ids)

    def _choose_token(self, constraint: Constraint, random: np.random.Generator) -> int:
        """The likeliest token that is allowed, or with a temperature one by its chance."""
        logits = self._model.get_logits()
        constraint.mask_logits(logits)
        heat = self.entry.temperature
        token = int((logits if heat <= 0 else _add_gumbel_noise(logits, heat, random)).argmax())
        if logits[token] == -float("inf"):
            raise EngineError(f"{self.entry.name} has nothing left that it may write")
        return token

    def _spell_answer(self, ids: Sequence[int], begun: int) -> tuple[str, bool]:
        """The answer, and whether all thoughts before it ended; a mark half spelled is dropped."""
        spelled = self._vocabulary.spell_tokens(ids)
        text = spelled[: len(spelled) - begun].decode(errors="replace")
        return extract_answer(text.replace("\0", ""))  # PostgreSQL stores no NUL


def ends_in_repetition(ids: Sequence[int]) -> bool:
    """Whether the last tokens are the same stretch, at least so many tokens long, three times in
    a row: small general models repeat one line to the end of their room.
    """
    for length in range(MIN_REPEATED_TOKENS, len(ids) // REPEATED_TIMES + 1):
        if ids[-1] != ids[-1 - length]:
            continue
        last = ids[-length:]
        if last == ids[-2 * length : -length] == ids[-3 * length : -2 * length]:
            return True
    return False


def _build_deadline(clock: Callable[[], float], seconds: float) -> Callable[[], bool]:
    end = clock() + seconds
    return lambda: clock() > end


def _count_shared_tokens(first: Sequence[int], second: Sequence[int]) -> int:
    """How many tokens two prompts have in common from the beginning."""
    pairs = zip(first, second, strict=False)
    return next((n for n, (a, b) in enumerate(pairs) if a != b), min(len(first), len(second)))


def _build_generator() -> np.random.Generator:
    import numpy as np

    return np.random.default_rng(SEED)


def _add_gumbel_noise(logits: Logits, heat: float, random: np.random.Generator) -> Logits:
    """Logits whose maximum is a sample at temperature ``heat`` (by the Gumbel-max trick)."""
    import numpy as np

    return logits / np.float32(heat) + random.gumbel(size=logits.shape).astype(np.float32)
