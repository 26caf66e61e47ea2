"""The answer step without a model: what is plainly asked, and saved replies in the same words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from triage.contract.answers import Asked, AskedKind
from triage.contract.case import Clause
from triage.contract.saved_reply import Fit, SavedReply, SentAnswer
from triage.contract.step import EngineInfo
from triage.nlu.asked_pieces import cut_pieces
from triage.nlu.asked_signs import is_question, is_wish, iter_words
from triage.steps.retrieve import Searcher, SearchResult


class WordAnswerer:
    """Finds questions by their marks and openings, wishes by their verbs; compares whole wordings.

    Serves where the encoder cannot.
    """

    card = EngineInfo(name="words", kind="rules")

    def __init__(self, searcher: Searcher, *, least_reply: float, least_clause: float) -> None:
        self._searcher = searcher
        self.least_reply, self.least_clause = least_reply, least_clause

    def find_asked(self, subject: str, text: str) -> tuple[Asked, ...]:
        """The pieces of the text, else of the subject, that plainly ask for something."""
        whole = f"{subject}\n{text}".strip()
        return tuple(_iter_asked(text, whole)) or tuple(_iter_asked(subject, whole))[:1]

    def match_replies(
        self,
        asked: Sequence[Asked],
        replies: Sequence[SavedReply],
        fits: Sequence[Fit],
        language: str = "",
    ) -> list[tuple[int, float]]:
        """For each thing asked the place of the reply that has it as a question, word by word,
        with a chance of 1; a chance of 0 where none has.
        """
        places = {
            tuple(iter_words(question)): place
            for place, reply in enumerate(replies)
            if fits[place]
            for question in reply.questions
        }
        found = (places.get(tuple(iter_words(one.words))) for one in asked)
        return [(place or 0, float(place is not None)) for place in found]

    def find_sent(
        self, asked: Sequence[Asked], labels: Sequence[str]
    ) -> list[tuple[SentAnswer, ...]]:
        """Nothing: words alone do not tell which questions are alike."""
        return [() for _ in asked]

    def search_clauses(self, query: str, on: date, top: int, message: str = "") -> SearchResult:
        """The clauses in force that are likeliest to answer the query, by their words."""
        return self._searcher.search(query, on, top, message)

    def find_clause(self, ref: str, on: date) -> Clause | None:
        """The wording of a clause that is in force on that day."""
        return self._searcher.clause(ref, on)


def _iter_asked(text: str, whole: str) -> Iterator[Asked]:
    for piece in cut_pieces(text):
        if is_question(piece):
            yield Asked(words=piece, kind=AskedKind.QUESTION, context=whole)
        elif is_wish(piece):
            yield Asked(words=piece, kind=AskedKind.WISH, context=whole)
