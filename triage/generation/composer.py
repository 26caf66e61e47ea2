"""Composing a text token by token from the sentences that the records of a case support.

A prefix constraint, as GENRE has for names of entities (De Cao et al. 2021): only tokens
are let through that go on with such a sentence. So nothing can be typed, pointed at or
decided that the case does not have, however the model was trained or is sampled.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

from triage.contract.fact_types import CLAUSE
from triage.contract.slots import WritingTask
from triage.generation.circumstances import find_grave_circumstances
from triage.generation.phrasebook import SENTENCE_OVER, Phrasebook

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from triage.generation.phrasebook import Indices

SAME_LINE, NEW_LINE, NEW_PARAGRAPH = 0, 1, 2
"""How many line breaks stand before a sentence."""
NO_ACTS: Final = frozenset[str]()
OPENING_ACTS: Final = ("thanks", "about", "told", "urges", "states", "names", "second")
"""What an opening may do, in this order."""
DECISION_ACTS: Final = frozenset({"decides", "offers"})
FOLLOW_UP_ACTS: Final = frozenset({"next", "orders"})
REQUIRED_OPENING_ACTS: Final = frozenset({"about", "told", "urges", "states"})
PLANNED_ACTS: Final = frozenset({"about", "urges"}) | DECISION_ACTS
"""What a reply has to do before it may close, where the case bears it out; and it reacts to
what is grave."""


class Composition:
    """The tokens allowed next: ``mask_logits`` of the others, choose one, and ``accept_token`` it.

    A reply has a greeting, an opening, the clauses, the decision (which comes first where
    the answer is no) and a closing, each where it belongs; a summary is one paragraph and
    names the order. Nothing is said twice, whatever the words.
    """

    pending_mark_bytes: Final = 0

    def __init__(self, book: Phrasebook, task: WritingTask) -> None:
        self._book, self._reply = book, task.kind == "draft"
        self._refuses = task.outcome.startswith("refuse")
        self._allowed = book.select_supported(task)
        self.sha256 = hashlib.sha256(book.sha256.encode() + self._allowed.tobytes()).hexdigest()
        self._clauses = frozenset(slot.name for slot in task.list_slots(CLAUSE))
        self._grave = frozenset(f"told {name}" for name in find_grave_circumstances(task))
        self._due = self._find_required_acts()
        self._said: int | None = None
        self._quoted = 0
        self._allowed_now: Indices | None = None
        self._start_sentence(NEW_PARAGRAPH)

    def find_forced_token(self) -> int | None:
        """The one token that can follow, so that no model need be asked, or None."""
        allowed = self._get_allowed_tokens()
        return int(allowed[0]) if (allowed == allowed[:1]).all() and len(allowed) else None

    def mask_logits(self, logits: NDArray[np.float32]) -> None:
        """Set the logits of all other tokens to minus infinity, in place: (vocabulary,)."""
        allowed = self._get_allowed_tokens()
        kept = logits[allowed]
        logits.fill(-float("inf"))
        logits[allowed] = kept

    def accept_token(self, token: int) -> None:
        """Take the chosen token: it goes on with a sentence, or separates it from the next."""
        self._allowed_now = None
        if self._try_advance(token) or token == self._book.end:
            return
        begun = self._depth > 0
        if begun:
            self._record_sentence()
        if token == self._book.line_break:
            self._start_sentence(NEW_LINE if begun else NEW_PARAGRAPH)
        else:
            self._start_sentence(SAME_LINE)
            self._try_advance(token)

    def _start_sentence(self, breaks: int) -> None:
        """Get ready for the next sentence, after so many line breaks."""
        self._breaks, self._depth = breaks, 0
        self._table = self._book.plain if breaks else self._book.spaced
        self._active = self._find_next_sentences(breaks)

    def _try_advance(self, token: int) -> bool:
        """Advance the begun sentences that go on with this token; False if none does."""
        matching = self._active[self._table[self._active, self._depth] == token]
        if not len(matching):
            return False
        self._active, self._depth = matching, self._depth + 1
        return True

    def _get_allowed_tokens(self) -> Indices:
        if self._allowed_now is None:
            self._allowed_now = self._compute_allowed_tokens()
        return self._allowed_now

    def _compute_allowed_tokens(self) -> Indices:
        import numpy as np

        tokens = self._table[self._active, self._depth]
        if not self._depth:
            again = [self._book.line_break] if self._breaks == NEW_LINE else []
            return np.append(tokens, again).astype(np.intp)
        over = tokens == SENTENCE_OVER
        parting = self._find_separator_tokens() if over.any() else []
        return np.append(tokens[~over], parting).astype(np.intp)

    def _find_separator_tokens(self) -> list[int]:
        """The tokens that may follow the sentence that is complete here: a space with the first
        word of another, a line break, or the end of the text.
        """
        before = self._said, self._allowed, self._due, self._quoted
        self._record_sentence()
        does = self._book.sentences[self._said or 0].does
        spaced = self._book.spaced[self._find_next_sentences(SAME_LINE), 0]
        ended = does == "closes" or not (self._reply or self._due)
        unopened = does in OPENING_ACTS and self._get_due_openings()
        broken = self._reply and does != "closes" and not unopened
        self._said, self._allowed, self._due, self._quoted = before
        ends = [self._book.end] * ended + [self._book.line_break] * broken
        return [*spaced.tolist(), *ends]

    def _record_sentence(self) -> None:
        """Record the acts of the sentence that is complete here."""
        over = self._table[self._active, self._depth] == SENTENCE_OVER
        self._said = int(self._active[over][0])
        said = self._book.sentences[self._said]
        self._allowed = self._allowed & ~self._book.select_repetitions(self._said)
        self._due = self._due - {said.does, said.role} - said.marks
        self._quoted += said.does.startswith("quotes")

    def _find_required_acts(self) -> frozenset[str]:
        """The acts a text must contain: naming the order in a summary, the decision in a reply."""
        able = [self._book.sentences[at] for at in self._allowed.nonzero()[0]]
        if not self._reply:
            return frozenset(one.role for one in able)
        deeds = {deed for one in able for deed in (one.does, one.role)}
        facts = {one.role for one in able if one.does == "states"}
        return self._clauses | facts | ((PLANNED_ACTS | self._grave) & deeds)

    def _find_next_sentences(self, breaks: int) -> Indices:
        allowed = self._allowed & self._book.select_by_acts(self._find_next_acts(breaks))
        for later in sorted(due for due in self._due if due.startswith("states "))[1:]:
            allowed &= ~self._book.select_by_role(later)  # "it" has to be the order named before
        return allowed.nonzero()[0]

    def _find_next_acts(self, breaks: int) -> frozenset[str]:
        """The acts that the next sentence may perform after so many line breaks."""
        if not self._reply:
            return frozenset({"sums"})
        if self._said is None:
            return frozenset({"greets"})
        if breaks == SAME_LINE:
            return self._find_same_line_acts(self._book.sentences[self._said].does)
        quote = frozenset({f"quotes {self._quoted + 1}"})
        if breaks == NEW_LINE:
            return quote if self._quoted else NO_ACTS
        return self._find_paragraph_acts(quote)

    def _find_same_line_acts(self, does: str) -> frozenset[str]:
        if does in DECISION_ACTS | FOLLOW_UP_ACTS:
            return FOLLOW_UP_ACTS
        if does not in OPENING_ACTS:
            return NO_ACTS
        decided = does == "names" and not (self._get_due_openings() or self._clauses & self._due)
        return self._find_opening_acts(does) | (DECISION_ACTS if decided else NO_ACTS)

    def _find_opening_acts(self, after: str) -> frozenset[str]:
        """The acts an opening may go on with: none that comes earlier, none that is due skipped."""
        rest = OPENING_ACTS[OPENING_ACTS.index(after) if after in OPENING_ACTS else 0 :]
        due = self._get_due_openings()
        first = next((place for place, does in enumerate(rest) if does in due), len(rest))
        return frozenset(rest[: first + 1])

    def _get_due_openings(self) -> frozenset[str]:
        return frozenset(due.partition(" ")[0] for due in self._due) & REQUIRED_OPENING_ACTS

    def _find_paragraph_acts(self, quote: frozenset[str]) -> frozenset[str]:
        if self._get_due_openings():
            return self._find_opening_acts("")
        to_quote = bool(self._clauses & self._due)
        if not DECISION_ACTS & self._due:
            closing = NO_ACTS if self._due else frozenset({"closes"})
            return (quote if to_quote else closing) | (FOLLOW_UP_ACTS if self._refuses else NO_ACTS)
        return quote if to_quote and not self._refuses else DECISION_ACTS | {"names"}
