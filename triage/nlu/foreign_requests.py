"""What a message asks for in another language than English, where money is in it.

Pure. Far coarser than `requests`: a thing asked for and a wish in one sentence. It only ever
puts a question before a person, who may not read that language.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import takewhile
from typing import Final

from triage.contract.memo import keep_on_argument
from triage.nlu.document import Document
from triage.nlu.lexicon import LEXICONS
from triage.nlu.phrase_parts import Part, load_parts
from triage.nlu.requests import Request, RequestKind
from triage.nlu.spoken_words import list_sentences

PARTS: Final = load_parts(LEXICONS / "foreign_requests.toml")
SAID: Final = {
    RequestKind.REFUND: (PARTS["refund"], PARTS["refund_asked"]),
    RequestKind.CANCEL: (PARTS["cancel"], PARTS["cancel_asked"]),
    RequestKind.RETURN: (PARTS["return"], PARTS["return_asked"]),
}
"""Of each kind what may be wished for, and what is asked for by being said."""
MAX_WORDS_READ: Final = 4_000
REACH_BEFORE, REACH_BEHIND = 4, 5
"""Words around what is asked for, up to the next mark, in which a denial is its own."""
Words = tuple[str, ...]


@keep_on_argument
def find_foreign_requests(document: Document) -> tuple[Request, ...]:
    """Sentences that ask for money back, to cancel or to return, each once a kind."""
    return tuple(_iter_requests(document))


def _iter_requests(document: Document) -> Iterator[Request]:
    left = MAX_WORDS_READ
    for sentence in list_sentences(document):
        said = tuple(word.text for word in sentence[:left])
        left -= len(said)
        kinds = list(_iter_kinds(said)) if said else []
        for kind in kinds:
            start, end = sentence[0].start, sentence[-1].end
            yield Request(kind, document.text[start:end], start, end)


def _iter_kinds(said: Words) -> Iterator[RequestKind]:
    wished = _has_any(PARTS["wish"], said) and not _has_any(PARTS["in_general"], said)
    for kind, (thing, asked) in SAID.items():
        if _is_affirmed(asked, said) or (wished and _is_affirmed(thing, said)):
            yield kind


def _is_affirmed(part: Part, said: Words) -> bool:
    return any(not _is_denied(said, at) for at in part.iter_places(said))


def _is_denied(said: Words, at: int) -> bool:
    before = takewhile(str.isalnum, reversed(said[max(0, at - REACH_BEFORE) : at]))
    behind = tuple(takewhile(str.isalnum, said[at : at + REACH_BEHIND]))
    denials = PARTS["denial"].phrases.keys()
    return not denials.isdisjoint(before) or _has_any(PARTS["denied_behind"], behind)


def _has_any(part: Part, said: Words) -> bool:
    return next(part.iter_places(said), None) is not None
