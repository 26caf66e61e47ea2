"""What a writer needs of llama.cpp itself: one file in memory, read quietly and stopped in time."""

from __future__ import annotations

import atexit
import ctypes
import logging
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from weakref import WeakValueDictionary

from triage.contract.step import EngineError, EngineTimeout, EngineUnavailable
from triage.generation.constrained_decoding import Vocabulary
from triage.inference.reasoning import REASONING_TAGS

if TYPE_CHECKING:
    from triage.generation.constrained_decoding import Logits

    Late = Callable[[], bool]

GGML_ERROR_LEVEL: Final = 4  # the level of ggml's log; the binding's own table is off by one
CONTROL_TOKEN: Final = re.compile(r"<[|｜][^<>]+[|｜]>")
PIECE_BUFFER_BYTES: Final = 256  # bytes; a longer token is asked for again
log = logging.getLogger(__name__)


class LlamaModel:
    """One model file in memory. Raises EngineUnavailable where it cannot load or write."""

    def __init__(self, path: Path, context: int, threads: int) -> None:
        import llama_cpp

        self.llama: Any = _open_llama(path, context, threads)
        self._vocab: Any = llama_cpp.llama_model_get_vocab(self.llama.model)
        self.vocabulary = _read_vocabulary(self._vocab)
        self.context: int = min(context, llama_cpp.llama_model_n_ctx_train(self.llama.model))
        self.begin = self._get_token_text(llama_cpp.llama_vocab_bos(self._vocab))
        self.end = self._get_token_text(llama_cpp.llama_vocab_eos(self._vocab))
        self._begins: bool = llama_cpp.llama_vocab_get_add_bos(self._vocab)

    @property
    def metadata(self) -> Mapping[str, str]:
        """What the file says of itself; arrays are not in it."""
        return self.llama.metadata  # type: ignore[no-any-return]

    def _get_token_text(self, token: int) -> str:
        """The text of a control token; empty where the file names none, which is -1."""
        import llama_cpp

        text = llama_cpp.llama_vocab_get_text(self._vocab, token) if token >= 0 else b""
        return str(text.decode(errors="replace"))

    def tokenize_text(self, prompt: str) -> list[int]:
        """The tokens of a text, control marks read as such; begun as the file asks for."""
        begins = self._begins and not (self.begin and prompt.startswith(self.begin))
        found: list[int] = self.llama.tokenize(prompt.encode(), add_bos=begins, special=True)
        return found

    def read_prompt(self, tokens: Sequence[int], shared: int, late: Late) -> int:
        """Read a prompt; returns how many of its first ``shared`` tokens were in memory.

        Exactly these are kept between prompts, never more: so the same prompt is read in
        the same pieces, and to the same numbers, whatever was read before it. Raises
        EngineTimeout as soon as it is ``late``, in the midst of a computation too.
        """
        shared = min(shared, len(tokens) - 1)
        kept = shared if self._keep_prefix(tokens[:shared]) else 0
        if not kept:
            self._clear_memory()
        try:
            with self._abort_when_late(late):
                for piece in (tokens[kept:shared], tokens[shared:]):
                    self.read_tokens(piece)
        except EngineError as error:
            if late():
                raise EngineTimeout("the time was up before the prompt was read") from error
            raise
        return kept

    def read_tokens(self, tokens: Sequence[int]) -> None:
        """Read further tokens. Raises EngineError, and everything read is then forgotten."""
        try:
            if tokens:
                self.llama.eval(tokens)
        except (RuntimeError, ValueError) as error:  # also raised where it was told to stop
            self._clear_memory(stale=True)
            raise EngineError(f"llama.cpp broke off: {error}") from error

    def get_logits(self) -> Logits:
        """The logits of the next token, (vocabulary,), in llama.cpp's own memory.

        They are valid until it reads on.
        """
        import llama_cpp
        import numpy as np

        pointer = llama_cpp.llama_get_logits_ith(self.llama.ctx, -1)
        return np.ctypeslib.as_array(pointer, (len(self.vocabulary.pieces),))

    def _keep_prefix(self, tokens: Sequence[int]) -> bool:
        """Drop everything in memory behind these tokens; whether they are there."""
        import llama_cpp

        count = len(tokens)
        if not count or self.llama.input_ids[: self.llama.n_tokens][:count].tolist() != [*tokens]:
            return False
        memory = llama_cpp.llama_get_memory(self.llama.ctx)
        if not llama_cpp.llama_memory_seq_rm(memory, 0, count, -1):
            return False  # a memory that cannot forget in part, as of recurrent models
        self.llama.n_tokens = count
        return True

    def _clear_memory(self, *, stale: bool = False) -> None:
        """Drop everything read; ``stale`` where a computation was left half done."""
        import llama_cpp

        self.llama.reset()
        llama_cpp.llama_memory_clear(llama_cpp.llama_get_memory(self.llama.ctx), stale)

    @contextmanager
    def _abort_when_late(self, late: Late) -> Iterator[None]:
        """Within it llama.cpp asks before each operation whether it is late."""
        import llama_cpp

        asks = llama_cpp.ggml_abort_callback(lambda _: late())
        never = ctypes.cast(0, llama_cpp.ggml_abort_callback)
        llama_cpp.llama_set_abort_callback(self.llama.ctx, asks, None)
        try:
            yield
        finally:
            llama_cpp.llama_set_abort_callback(self.llama.ctx, never, None)


_loaded: WeakValueDictionary[tuple[Path, str, int, int], LlamaModel] = WeakValueDictionary()


@atexit.register
def _close_models() -> None:
    """Free the models before the interpreter takes the libraries apart; later is too late."""
    for held in list(_loaded.values()):
        held.llama.close()


def load_model(path: Path, sha256: str, context: int, threads: int) -> LlamaModel:
    """The model of a file, loaded once for as long as anybody holds it."""
    key = (path, sha256, context, threads)
    found = _loaded.get(key)
    if found is None:
        found = _loaded[key] = LlamaModel(path, context, threads)
    return found


def _open_llama(path: Path, context: int, threads: int) -> Any:
    said = _capture_log()
    said.clear()
    try:
        from llama_cpp import Llama

        llama = Llama(
            model_path=str(path),
            n_ctx=context,
            n_threads=threads,
            n_threads_batch=threads,
            verbose=False,
        )
    except Exception as error:  # a foreign file: whatever the libraries make of it
        reason = _strip_function_names(said[0]) if said else _explain_error(error)
        raise EngineUnavailable(f"{path.name} cannot be loaded: {reason}") from error
    if unfit := _find_unfitness(llama):
        raise EngineUnavailable(f"{path.name} cannot write: {unfit}")
    return llama


def _strip_function_names(line: str) -> str:
    """A line of llama.cpp's log without the names of its functions."""
    return re.sub(r"^(?:\w+: )+(?:error loading model: )?", "", line).strip()


def _explain_error(error: Exception) -> str:
    """What is wrong where llama.cpp logged no error: the binding reads the chat template."""
    template = type(error).__module__.startswith("jinja2")
    return f"its chat template is broken: {error}" if template else str(error)


def _find_unfitness(llama: Any) -> str:
    """Why a file that could be loaded is no writer, or an empty string."""
    import llama_cpp

    if llama_cpp.llama_model_has_encoder(llama.model) or llama_cpp.llama_model_is_diffusion(
        llama.model
    ):
        return "it is of a kind that does not write from left to right"
    if llama.pooling_type() > 0 or llama_cpp.llama_get_memory(llama.ctx) is None:
        return "it turns texts into vectors, which is an encoder's work"
    vocab = llama_cpp.llama_model_get_vocab(llama.model)
    if llama_cpp.llama_vocab_type(vocab) == llama_cpp.LLAMA_VOCAB_TYPE_NONE:
        return "it has no vocabulary"
    return ""


def _read_vocabulary(vocab: Any) -> Vocabulary:
    import llama_cpp

    size = llama_cpp.llama_vocab_n_tokens(vocab)
    silent = (
        llama_cpp.LLAMA_TOKEN_ATTR_CONTROL
        | llama_cpp.LLAMA_TOKEN_ATTR_UNKNOWN
        | llama_cpp.LLAMA_TOKEN_ATTR_UNUSED
    )
    pieces = [_get_token_bytes(vocab, token) for token in range(size)]
    unwritable = [
        token
        for token, piece in enumerate(pieces)
        if (text := piece.decode(errors="replace")) not in REASONING_TAGS
        and (llama_cpp.llama_vocab_get_attr(vocab, token) & silent or CONTROL_TOKEN.fullmatch(text))
    ]
    ends = [token for token in range(size) if llama_cpp.llama_vocab_is_eog(vocab, token)]
    return Vocabulary(pieces, unwritable, ends)


def _get_token_bytes(vocab: Any, token: int, room: int = PIECE_BUFFER_BYTES) -> bytes:
    """The bytes of a token; the binding's own detokenize garbles those longer than its buffer."""
    import llama_cpp

    buffer = ctypes.create_string_buffer(room)
    length: int = llama_cpp.llama_token_to_piece(vocab, token, buffer, room, 0, True)
    return buffer.raw[:length] if length >= 0 else _get_token_bytes(vocab, token, -length)


@cache
def _capture_log() -> list[str]:
    """Take over llama.cpp's log from now on; returns the list of its latest error lines."""
    import llama_cpp

    said: list[str] = []

    def receive_line(level: int, text: bytes, _: object) -> None:
        line = text.decode(errors="replace").strip()
        log.debug("llama.cpp: %s", line)
        if level == GGML_ERROR_LEVEL:
            said.append(line)

    callback = llama_cpp.llama_log_callback(receive_line)
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(callback))  # llama.cpp keeps it to the last
    llama_cpp.llama_log_set(callback, ctypes.c_void_p(0))
    return said
