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

from triage.contract.slots import CLOSE, OPEN, SLOT, all_names
from triage.guardrails.attribution import typed

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Ids = NDArray[np.intp]
    Logits = NDArray[np.float32]

BRACKET: Final = OPEN.encode()
SPELLING: Final = "".join([*all_names(), "0123456789", OPEN, CLOSE]).encode()
LINKS: Final = ("http:", "https:", "www.")
"""What ``grounding.TYPED`` forbids that is longer than one character, casefolded."""
BEGUN: Final = sorted({link[:n] for link in LINKS for n in range(1, len(link))}, key=len)[::-1]
REST: Final = tuple({link[n:] for link in LINKS for n in range(1, len(link))})
LINK: Final = re.compile("|".join(map(re.escape, LINKS)))
LONGEST: Final = max(map(len, LINKS))
UNSEEN: Final = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"})


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
        self._tokens = {token: read for token, piece in text if (read := _read(piece))}
        self.openings = {token: read.mark for token, read in self._tokens.items() if read.mark}
        self.marks = {mark for t, mark in self.openings.items() if _is_mark(self.pieces[t])}
        self.never = _ids({*range(len(self.pieces))} - self._tokens.keys() - self.ends)
        self._late = _late(self._tokens)
        self._spelling = _spelling(text)
        self._ways: dict[bytes, Mapping[int, Sequence[int]]] = {}

    def words(self, token: int) -> str:
        """The end of its prose: as much of it as a link can be long."""
        read = self._tokens.get(token)
        return read.words[-LONGEST:] if read else ""

    def late(self, tail: str) -> Ids | None:
        """The tokens that would finish a link which ``tail`` has begun."""
        return next((self._late[begun] for begun in BEGUN if tail.endswith(begun)), None)

    def ways(self, mark: bytes) -> Mapping[int, Sequence[int]]:
        """After so many bytes of the mark: the tokens that go on to its end, never past it.

        Bytes from which this vocabulary cannot come to the end are not among them.
        """
        if mark not in self._ways:
            self._ways[mark] = _ways(mark, self._spelling)
        return self._ways[mark]

    def spell(self, tokens: Iterable[int]) -> bytes:
        """What the tokens say together."""
        return b"".join(self.pieces[token] for token in tokens)


class Mask:
    """The forbidden tokens of one text: ``forbid``, choose one, and tell it by ``took``."""

    def __init__(self, vocabulary: Vocabulary, marks: Iterable[str]) -> None:
        import numpy as np

        self._vocabulary = vocabulary
        self._marks = {mark.encode() for mark in marks}
        split = self._marks - vocabulary.marks
        self._inside = _rows(vocabulary, split)
        open_to = self._marks | self._inside.keys()
        foreign = [token for token, mark in vocabulary.openings.items() if mark not in open_to]
        self._outside = np.union1d(vocabulary.never, _ids(foreign))
        spelled = b"\0".join(sorted(split))
        self.sha256 = hashlib.sha256(self._outside.tobytes() + spelled).hexdigest()
        self._mark, self._tail = b"", ""

    def only(self) -> None:
        """There is always more than one token that may follow."""

    def forbid(self, logits: Logits) -> None:
        """Set the logits of forbidden tokens to minus infinity, in place: (vocabulary,)."""
        if self._mark:
            allowed = self._inside[self._mark]
            kept = logits[allowed]
            logits.fill(-float("inf"))
            logits[allowed] = kept
            return
        logits[self._outside] = -float("inf")
        late = self._vocabulary.late(self._tail)
        if late is not None:
            logits[late] = -float("inf")

    def took(self, token: int) -> None:
        """The token that was chosen: it may begin a mark, go on with one, or end it."""
        if self._mark:
            self._mark += self._vocabulary.pieces[token]
        else:
            self._tail = (self._tail + self._vocabulary.words(token))[-LONGEST:]
            self._mark = self._vocabulary.openings.get(token, b"")
        if self._mark in self._marks:
            self._mark = b""

    @property
    def begun(self) -> int:
        """How many bytes of a mark stand at the end that is not spelled out yet."""
        return len(self._mark)


def _ids(tokens: Iterable[int]) -> Ids:
    import numpy as np

    return np.array(sorted(tokens), np.intp)


def _read(piece: bytes) -> Token | None:
    """The token as prose and mark; None where it can stand nowhere outside a mark."""
    prose, mark = _parted(piece)
    try:
        words = prose.decode()
    except UnicodeDecodeError:
        return None
    folded = words.casefold()
    if not piece or not all(map(_is_prose, words)) or typed(words):
        return None
    return Token(folded, mark)


def _parted(piece: bytes) -> tuple[bytes, bytes]:
    """The piece up to the first bracket, and from there on; half a bracket at its end is one."""
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
    return character == "\n" or not (typed(character + plain) or "Sc" in kinds or kinds & UNSEEN)


def _is_mark(piece: bytes) -> bool:
    return bool(SLOT.fullmatch(piece.decode(errors="replace")))


def _late(tokens: Mapping[int, Token]) -> Mapping[str, Ids]:
    """Each beginning of a link with the tokens that would finish it."""
    near = [(token, read.words[:LONGEST]) for token, read in tokens.items()]
    near = [(token, words) for token, words in near if words.startswith(REST)]
    return {
        begun: _ids(token for token, words in near if LINK.search(begun + words)) for begun in BEGUN
    }


def _spelling(pieces: Iterable[tuple[int, bytes]]) -> Mapping[bytes, Sequence[int]]:
    """The tokens by their bytes, of those that can be a piece of a mark."""
    found = defaultdict(list)
    for token, piece in pieces:
        if piece and not piece.translate(None, SPELLING):
            found[piece].append(token)
    return found


def _ways(mark: bytes, spelling: Mapping[bytes, Sequence[int]]) -> Mapping[int, Sequence[int]]:
    found: dict[int, Sequence[int]] = {}
    for at in range(len(mark) - 1, 0, -1):
        ends = (end for end in range(at + 1, len(mark) + 1) if end in found or end == len(mark))
        if ids := [token for end in ends for token in spelling.get(mark[at:end], ())]:
            found[at] = ids
    return found


def _rows(vocabulary: Vocabulary, marks: Iterable[bytes]) -> Mapping[bytes, Ids]:
    """Each beginning of a mark with the tokens that go on from it."""
    found = defaultdict[bytes, set[int]](set)
    for mark in marks:
        for at, tokens in vocabulary.ways(mark).items():
            found[mark[:at]].update(tokens)
    return {begun: _ids(tokens) for begun, tokens in found.items()}
