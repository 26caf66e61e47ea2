"""What a writer cannot type: a mask over the tokens of any vocabulary, chosen by state.

Outside a mark every token is forbidden that holds a digit of any script, money, the @ of
an address, a bracket, an unseen character or half a character, and those that would
finish a link begun before. Inside a mark only the bytes are allowed that go on to a mark
of this case, so that a vocabulary which has no token for ``⟦order⟧`` spells it and
nothing else. What a vocabulary can spell is worked out once, when its model is loaded;
while decoding, the mask is one assignment.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Final, NamedTuple

from triage.contract.slots import CLOSE, OPEN, SLOT, iter_slot_names
from triage.guardrails.attribution import has_unsourced_value

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Ids = NDArray[np.intp]
    Logits = NDArray[np.float32]

BRACKET: Final = OPEN.encode()
MARK_BYTES: Final = "".join([*iter_slot_names(), "0123456789", OPEN, CLOSE]).encode()
LINK_PREFIXES: Final = ("http:", "https:", "www.")
"""What ``attribution.UNSOURCED_VALUE`` forbids that is longer than one character, casefolded."""
PARTIAL_LINKS: Final = sorted(
    {link[:n] for link in LINK_PREFIXES for n in range(1, len(link))}, key=len
)[::-1]
LINK_ENDINGS: Final = tuple({link[n:] for link in LINK_PREFIXES for n in range(1, len(link))})
LINK_PATTERN: Final = re.compile("|".join(map(re.escape, LINK_PREFIXES)))
MAX_LINK_CHARS: Final = max(map(len, LINK_PREFIXES))
UNSEEN_CATEGORIES: Final = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"})


class Token(NamedTuple):
    """A token as prose, casefolded, and the mark that it then is or begins."""

    words: str
    mark: bytes


class Vocabulary:
    """What the tokens of a model can spell.

    ``pieces`` are the bytes of each token. ``unwritable`` tokens are no text, ``ends``
    those by which a writer says that it has finished.
    """

    def __init__(
        self, pieces: Sequence[bytes], unwritable: Collection[int], ends: Collection[int]
    ) -> None:
        self.pieces = tuple(pieces)
        self.ends = frozenset(ends)
        silent = {*unwritable} | self.ends
        text = [(token, piece) for token, piece in enumerate(self.pieces) if token not in silent]
        self._tokens = {token: read for token, piece in text if (read := _parse_token(piece))}
        self.openings = {token: read.mark for token, read in self._tokens.items() if read.mark}
        self.marks = {mark for t, mark in self.openings.items() if _is_mark(self.pieces[t])}
        self.never = _build_id_array({*range(len(self.pieces))} - self._tokens.keys() - self.ends)
        self._late = _group_link_finishers(self._tokens)
        self._spelling = _index_mark_pieces(text)
        self._ways: dict[bytes, Mapping[int, Sequence[int]]] = {}

    def get_prose_tail(self, token: int) -> str:
        """The end of a token's prose, casefolded: as many characters as a link can be long."""
        read = self._tokens.get(token)
        return read.words[-MAX_LINK_CHARS:] if read else ""

    def find_link_finishers(self, tail: str) -> Ids | None:
        """The tokens that would finish a link which ``tail`` has begun; else None."""
        return next((self._late[begun] for begun in PARTIAL_LINKS if tail.endswith(begun)), None)

    def get_mark_paths(self, mark: bytes) -> Mapping[int, Sequence[int]]:
        """The tokens that go on to the end of a mark, by how many of its bytes are written.

        Bytes from which this vocabulary cannot come to the end are not among them.
        """
        if mark not in self._ways:
            self._ways[mark] = _find_mark_paths(mark, self._spelling)
        return self._ways[mark]

    def spell_tokens(self, tokens: Iterable[int]) -> bytes:
        """The bytes of the tokens, one after the other."""
        return b"".join(self.pieces[token] for token in tokens)


class Mask:
    """The forbidden tokens of one text.

    For each token: ``mask_logits``, choose one, and tell it by ``accept_token``.
    """

    def __init__(self, vocabulary: Vocabulary, marks: Iterable[str]) -> None:
        import numpy as np

        self._vocabulary = vocabulary
        self._marks = {mark.encode() for mark in marks}
        split = self._marks - vocabulary.marks
        self._inside = _group_mark_continuations(vocabulary, split)
        open_to = self._marks | self._inside.keys()
        foreign = [token for token, mark in vocabulary.openings.items() if mark not in open_to]
        self._outside = np.union1d(vocabulary.never, _build_id_array(foreign))
        spelled = b"\0".join(sorted(split))
        self.sha256 = hashlib.sha256(self._outside.tobytes() + spelled).hexdigest()
        self._mark, self._tail = b"", ""

    def find_forced_token(self) -> None:
        """None: there is always more than one token that may follow."""

    def mask_logits(self, logits: Logits) -> None:
        """Set the logits of forbidden tokens to minus infinity, in place: (vocabulary,)."""
        if self._mark:
            allowed = self._inside[self._mark]
            kept = logits[allowed]
            logits.fill(-float("inf"))
            logits[allowed] = kept
            return
        logits[self._outside] = -float("inf")
        late = self._vocabulary.find_link_finishers(self._tail)
        if late is not None:
            logits[late] = -float("inf")

    def accept_token(self, token: int) -> None:
        """Note the token that was chosen: it may begin a mark, go on with one, or end it."""
        if self._mark:
            self._mark += self._vocabulary.pieces[token]
        else:
            self._tail = (self._tail + self._vocabulary.get_prose_tail(token))[-MAX_LINK_CHARS:]
            self._mark = self._vocabulary.openings.get(token, b"")
        if self._mark in self._marks:
            self._mark = b""

    @property
    def pending_mark_bytes(self) -> int:
        """How many bytes at the end of the text belong to a mark that is not finished."""
        return len(self._mark)


def _build_id_array(tokens: Iterable[int]) -> Ids:
    import numpy as np

    return np.array(sorted(tokens), np.intp)


def _parse_token(piece: bytes) -> Token | None:
    """The token as prose and mark; None where it may stand nowhere outside a mark."""
    prose, mark = _split_mark(piece)
    try:
        words = prose.decode()
    except UnicodeDecodeError:
        return None
    folded = words.casefold()
    if not piece or not all(map(_is_prose, words)) or has_unsourced_value(words):
        return None
    return Token(folded, mark)


def _split_mark(piece: bytes) -> tuple[bytes, bytes]:
    """Split a piece at its first bracket; half a bracket at its end counts as one."""
    at = piece.find(BRACKET)
    if at < 0:
        halves = (n for n in (2, 1) if piece.endswith(BRACKET[:n]))
        at = len(piece) - next(halves, 0)
    return piece[:at], piece[at:]


@cache
def _is_prose(character: str) -> bool:
    """Whether a writer may type it: nothing typed, money or unseen, nor its look-alike."""
    plain = unicodedata.normalize("NFKC", character)
    kinds = {unicodedata.category(c) for c in character + plain}
    return character == "\n" or not (
        has_unsourced_value(character + plain) or "Sc" in kinds or kinds & UNSEEN_CATEGORIES
    )


def _is_mark(piece: bytes) -> bool:
    return bool(SLOT.fullmatch(piece.decode(errors="replace")))


def _group_link_finishers(tokens: Mapping[int, Token]) -> Mapping[str, Ids]:
    """Map each beginning of a link to the tokens that would finish it."""
    near = [(token, read.words[:MAX_LINK_CHARS]) for token, read in tokens.items()]
    near = [(token, words) for token, words in near if words.startswith(LINK_ENDINGS)]
    return {
        begun: _build_id_array(token for token, words in near if LINK_PATTERN.search(begun + words))
        for begun in PARTIAL_LINKS
    }


def _index_mark_pieces(pieces: Iterable[tuple[int, bytes]]) -> Mapping[bytes, Sequence[int]]:
    """Map bytes to their tokens, for the tokens that can be a piece of a mark."""
    found = defaultdict(list)
    for token, piece in pieces:
        if piece and not piece.translate(None, MARK_BYTES):
            found[piece].append(token)
    return found


def _find_mark_paths(
    mark: bytes, spelling: Mapping[bytes, Sequence[int]]
) -> Mapping[int, Sequence[int]]:
    found: dict[int, Sequence[int]] = {}
    for at in range(len(mark) - 1, 0, -1):
        ends = (end for end in range(at + 1, len(mark) + 1) if end in found or end == len(mark))
        if ids := [token for end in ends for token in spelling.get(mark[at:end], ())]:
            found[at] = ids
    return found


def _group_mark_continuations(
    vocabulary: Vocabulary, marks: Iterable[bytes]
) -> Mapping[bytes, Ids]:
    """Map each beginning of a mark to the tokens that go on from it."""
    found = defaultdict[bytes, set[int]](set)
    for mark in marks:
        for at, tokens in vocabulary.get_mark_paths(mark).items():
            found[mark[:at]].update(tokens)
    return {begun: _build_id_array(tokens) for begun, tokens in found.items()}
