"""all-MiniLM-L6-v2: texts to vectors."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from triage.contract.step import EngineInfo, EngineUnavailable
from triage.inference.forward import build_forward
from triage.inference.kept_graph import GraphFolder
from triage.inference.recent_vectors import RecentVectors
from triage.inference.registry.pinned import Entry, verify_file
from triage.inference.tuned_weights import apply_changes

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from sentence_transformers import SentenceTransformer
    from tokenizers import Tokenizer

    from triage.inference.forward import Tokens

    Vectors = NDArray[np.float32]

VECTOR_SIZE = 384
WIDTH_STEP = 16  # tokens
BATCH_SIZE = 16  # 8 to 16 is fastest on one core; larger ones fall out of its cache
MAX_PADDING = 32  # tokens that one longer text may add to a batch: as many cost a call of their own


class Encoder:
    """Texts to unit vectors of 384 float32.

    ``tuned`` are changed weights of `triage.inference.tuned_weights`, on top of the pinned file.
    ``runtime`` and ``precision`` say what serves them: vectors of two runtimes differ in the
    fifth digit, so index and query should share it. In ``graphs`` its graph is kept, so that the
    next process need not make it. Raises EngineUnavailable when the file is not the pinned one,
    or ``tuned`` belongs to another.
    """

    def __init__(
        self, entry: Entry, threads: int = 1, *, tuned: bytes = b"", graphs: Path | None = None
    ) -> None:
        self._tokenizer = load_tokenizer(verify_file(entry).parent)
        self._recent = RecentVectors()
        self.entry = entry
        self.tuned_sha256 = hashlib.sha256(tuned).hexdigest() if tuned else ""
        kept = GraphFolder.find(graphs, entry.sha256, self.tuned_sha256) if graphs else None
        self._forward = build_forward(partial(_load_module, entry, tuned), threads, kept)
        self.precision = self._forward.precision
        self.runtime = (
            f"{self._forward.runtime} ({self.precision}), "
            f"sentence-transformers {version('sentence-transformers')}"
        )

    def embed(self, texts: Sequence[str], *, progress: bool = False) -> Vectors:
        """Vectors of shape (len(texts), 384), each of length one: the mean of its tokens'."""
        import numpy as np

        vectors = np.zeros((len(texts), VECTOR_SIZE), np.float32)
        for rows, states, mask in self._iter_batches(texts, progress):
            vectors[rows] = _sum_states(states, mask)
        return _normalize_vectors(vectors)

    def embed_tokens(self, texts: Sequence[str], *, progress: bool = False) -> list[Vectors]:
        """One array of shape (tokens, 384) a text: unit vectors of its word pieces, in order.

        For late interaction (Khattab and Zaharia 2020, arXiv 2004.12832). The marks at both
        ends and the padding are left out, so a text without words has no vectors.
        """
        return self.embed_with_tokens(texts, progress=progress)[1]

    def embed_text(self, text: str) -> tuple[Vectors, Vectors]:
        """The vector of one text, (384,), and those of its tokens, (tokens, 384): the few texts
        that were read last cost nothing.
        """

        def read(text: str) -> tuple[Vectors, Vectors]:
            vectors, tokens = self.embed_with_tokens([text])
            return vectors[0], tokens[0]

        return self._recent.get_or_read(text, read)

    def embed_with_tokens(
        self, texts: Sequence[str], *, progress: bool = False
    ) -> tuple[Vectors, list[Vectors]]:
        """What `embed` and `embed_tokens` give, for the time of one."""
        import numpy as np

        vectors = np.zeros((len(texts), VECTOR_SIZE), np.float32)
        pieces: list[Vectors] = [None] * len(texts)  # type: ignore[list-item]  # each is set below
        for rows, states, mask in self._iter_batches(texts, progress):
            vectors[rows] = _sum_states(states, mask)
            for row, state, length in zip(rows, states, mask.sum(axis=1), strict=True):
                pieces[row] = _normalize_vectors(state[1 : length - 1])
        return _normalize_vectors(vectors), pieces

    def locate_tokens(self, text: str) -> list[tuple[int, int]]:
        """The characters (from, up to) of each token that `embed_tokens` has a vector of."""
        places: list[tuple[int, int]] = self._tokenizer.encode(text).offsets[1:-1]
        return places

    def _iter_batches(
        self, texts: Sequence[str], progress: bool
    ) -> Iterator[tuple[list[int], Vectors, Tokens]]:
        """(positions, hidden states, mask) of texts of like length, so that little is padding."""
        from tqdm import tqdm

        ids = self._tokenize_texts(texts)
        with tqdm(total=len(ids), disable=not progress, unit=" texts") as bar:
            for rows in _cut_batches([len(each) for each in ids]):
                padded, mask = _pad_ids([ids[i] for i in rows])
                yield rows, self._forward(padded, mask), mask
                bar.update(len(rows))

    def _tokenize_texts(self, texts: Sequence[str]) -> list[list[int]]:
        return [encoding.ids for encoding in self._tokenizer.encode_batch(list(texts))]

    def build_engine_info(self, name: str, **settings: Any) -> EngineInfo:
        if self.tuned_sha256:
            settings["tuned_sha256"] = self.tuned_sha256
        return EngineInfo(
            name=name,
            kind=self.entry.model_class,
            runtime=self.runtime,
            weights=self.entry.sha256,
            quantization=self.precision,
            settings=settings,
        )


def load_tokenizer(folder: Path) -> Tokenizer:
    """The tokenizer of a model's folder, which cuts a text where the model ends. Raises
    EngineUnavailable.
    """
    from tokenizers import Tokenizer

    try:
        longest = json.loads((folder / "sentence_bert_config.json").read_text())["max_seq_length"]
        tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    except (OSError, ValueError, KeyError) as error:
        raise EngineUnavailable(f"{folder}: its tokenizer cannot be read: {error}") from error
    tokenizer.enable_truncation(longest)
    tokenizer.no_padding()
    return tokenizer


def _load_module(entry: Entry, tuned: bytes) -> Any:
    """The torch module of the encoder, with tuned changes. Raises EngineUnavailable."""
    module = load_transformer(entry)[0].auto_model
    if tuned:
        apply_changes(module, tuned, entry.sha256)
    return module


def load_transformer(entry: Entry) -> SentenceTransformer:
    """The pinned model with its tokenizer, the hub never asked. Raises EngineUnavailable."""
    path = verify_file(entry)
    try:
        from sentence_transformers import SentenceTransformer
        from transformers.utils.logging import disable_progress_bar, set_verbosity_error
    except ImportError as error:
        raise EngineUnavailable(f"{entry.name}: {error}. Run `make install`.") from error
    disable_progress_bar()  # type: ignore[no-untyped-call]
    set_verbosity_error()  # type: ignore[no-untyped-call]  # it warns of training, not done here
    try:
        return SentenceTransformer(
            str(path.parent), device="cpu", local_files_only=True, backend="torch"
        )
    except (OSError, ValueError, RuntimeError) as error:
        raise EngineUnavailable(f"{entry.name} cannot be loaded: {error}") from error


def _cut_batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    """The rows by length, in batches that a further text joins only while it pads little."""
    rows: list[int] = []
    for row in sorted(range(len(lengths)), key=lengths.__getitem__):
        padding = (
            len(rows) * (_round_width(lengths[row]) - _round_width(lengths[rows[-1]]))
            if rows
            else 0
        )
        if len(rows) == BATCH_SIZE or padding > MAX_PADDING:
            yield rows
            rows = []
        rows.append(row)
    if rows:
        yield rows


def _round_width(length: int) -> int:
    return -(-length // WIDTH_STEP) * WIDTH_STEP


def _pad_ids(ids: list[list[int]]) -> tuple[Tokens, Tokens]:
    """Token ids and mask, both of shape (texts, longest), the longest rounded up.

    OpenVINO makes and keeps code for every shape it meets, 2 ms and 0.8 MB each. And in bfloat16
    the last digits of a vector follow the width: of 300 mails 20 had other ones in company than
    alone when widths were exact, none has where they are multiples of 16.
    """
    import numpy as np

    lengths = np.array([len(row) for row in ids])
    width = _round_width(int(lengths.max()))
    mask = np.arange(width) < lengths[:, None]
    padded = np.zeros(mask.shape, np.int64)
    padded[mask] = np.concatenate(ids)
    return padded, mask.astype(np.int64)


def _sum_states(states: Vectors, mask: Tokens) -> Vectors:
    """The sum of each text's token states, (texts, 384), which points as their mean."""
    import numpy as np

    summed: Vectors = np.einsum("ntd,nt->nd", states, mask.astype(np.float32))
    return summed


def _normalize_vectors(vectors: Vectors) -> Vectors:
    import numpy as np

    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    unit: Vectors = vectors / np.maximum(lengths, 1e-12)
    return unit
