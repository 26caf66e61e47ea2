"""Composing a text token by token from the sentences that a case bears out.

A prefix constraint, as GENRE has for names of entities (De Cao et al. 2021): only tokens
are let through that go on with such a sentence. So nothing can be typed, pointed at or
decided that the case does not have, however the model was trained or is sampled.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

from triage.contract.fact_types import CLAUSE
from triage.contract.slots import WritingTask
from triage.generation.circumstances import grave_circumstances
from triage.generation.phrasebook import OVER, Phrasebook

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from triage.generation.phrasebook import Indices

SAME_LINE, NEW_LINE, NEW_PARAGRAPH = 0, 1, 2
"""How many line breaks stand before a sentence."""
NOTHING: Final = frozenset[str]()
OPENING: Final = ("thanks", "about", "told", "urges", "states", "names", "second")
"""What an opening may do, in this order."""
DECIDING: Final = frozenset({"decides", "offers"})
FOLLOWING: Final = frozenset({"next", "orders"})
OPENED: Final = frozenset({"about", "told", "urges", "states"})
PLANNED: Final = frozenset({"about", "urges"}) | DECIDING
"""What a reply has to do before it may close, where the case bears it out; and it reacts to
what is grave."""


class Composition:
    """The tokens allowed next: ``forbid`` the others, choose one, and tell it by ``took``.

    A reply has a greeting, an opening, the clauses, the decision (which comes first where
    the answer is no) and a closing, each where it belongs; a summary is one paragraph and
    names the order. Nothing is said twice, whatever the words.
    """

    begun: Final = 0

    def __init__(self, book: Phrasebook, task: WritingTask) -> None:
        self._book, self._reply = book, task.kind == "draft"
        self._refuses = task.outcome.startswith("refuse")
        self._allowed = book.permitted(task)
        self.sha256 = hashlib.sha256(book.sha256.encode() + self._allowed.tobytes()).hexdigest()
        self._clauses = frozenset(slot.name for slot in task.of_kind(CLAUSE))
        self._grave = frozenset(f"told {name}" for name in grave_circumstances(task))
        self._due = self._planned()
        self._said: int | None = None
        self._quoted = 0
        self._allowed_now: Indices | None = None
        self._start(NEW_PARAGRAPH)

    def only(self) -> int | None:
        """The token that has to follow, where there is just one: no model need be asked."""
        allowed = self._options()
        return int(allowed[0]) if (allowed == allowed[:1]).all() and len(allowed) else None

    def forbid(self, logits: NDArray[np.float32]) -> None:
        """Set the logits of all other tokens to minus infinity, in place: (vocabulary,)."""
        allowed = self._options()
        kept = logits[allowed]
        logits.fill(-float("inf"))
        logits[allowed] = kept

    def took(self, token: int) -> None:
        """The token that was chosen goes on with a sentence, or parts it from the next."""
        self._allowed_now = None
        if self._goes_on(token) or token == self._book.end:
            return
        begun = self._depth > 0
        if begun:
            self._say()
        if token == self._book.line_break:
            self._start(NEW_LINE if begun else NEW_PARAGRAPH)
        else:
            self._start(SAME_LINE)
            self._goes_on(token)

    # --- where the text stands ---------------------------------------------------

    def _start(self, breaks: int) -> None:
        """Before a sentence, after so many line breaks."""
        self._breaks, self._depth = breaks, 0
        self._table = self._book.plain if breaks else self._book.spaced
        self._active = self._following(breaks)

    def _goes_on(self, token: int) -> bool:
        """Whether the token goes on with one of the sentences begun, which it then does."""
        matching = self._active[self._table[self._active, self._depth] == token]
        if not len(matching):
            return False
        self._active, self._depth = matching, self._depth + 1
        return True

    def _options(self) -> Indices:
        if self._allowed_now is None:
            self._allowed_now = self._worked_out()
        return self._allowed_now

    def _worked_out(self) -> Indices:
        import numpy as np

        tokens = self._table[self._active, self._depth]
        if not self._depth:
            again = [self._book.line_break] if self._breaks == NEW_LINE else []
            return np.append(tokens, again).astype(np.intp)
        over = tokens == OVER
        parting = self._parting() if over.any() else []
        return np.append(tokens[~over], parting).astype(np.intp)

    def _parting(self) -> list[int]:
        """The tokens that may follow the sentence that is at its end: a space with the first
        word of another, a line break, or the end of the text."""
        before = self._said, self._allowed, self._due, self._quoted
        self._say()
        does = self._book.sentences[self._said or 0].does
        spaced = self._book.spaced[self._following(SAME_LINE), 0]
        ended = does == "closes" or not (self._reply or self._due)
        unopened = does in OPENING and self._opening_due()
        broken = self._reply and does != "closes" and not unopened
        self._said, self._allowed, self._due, self._quoted = before
        ends = [self._book.end] * ended + [self._book.line_break] * broken
        return [*spaced.tolist(), *ends]

    # --- what may be said ----------------------------------------------------------

    def _say(self) -> None:
        """Note what the sentence that is at its end here has done."""
        over = self._table[self._active, self._depth] == OVER
        self._said = int(self._active[over][0])
        said = self._book.sentences[self._said]
        self._allowed = self._allowed & ~self._book.like(self._said)
        self._due = self._due - {said.does, said.role} - said.marks
        self._quoted += said.does.startswith("quotes")

    def _planned(self) -> frozenset[str]:
        """What has to be done: in a summary the order named, in a reply what was decided."""
        able = [self._book.sentences[at] for at in self._allowed.nonzero()[0]]
        if not self._reply:
            return frozenset(one.role for one in able)
        deeds = {deed for one in able for deed in (one.does, one.role)}
        facts = {one.role for one in able if one.does == "states"}
        return self._clauses | facts | ((PLANNED | self._grave) & deeds)

    def _following(self, breaks: int) -> Indices:
        allowed = self._allowed & self._book.doing(self._deeds(breaks))
        for later in sorted(due for due in self._due if due.startswith("states "))[1:]:
            allowed &= ~self._book.in_role(later)  # "it" has to be the order named before
        return allowed.nonzero()[0]

    def _deeds(self, breaks: int) -> frozenset[str]:
        """What the next sentence may do after so many breaks."""
        if not self._reply:
            return frozenset({"sums"})
        if self._said is None:
            return frozenset({"greets"})
        if breaks == SAME_LINE:
            return self._on_the_same_line(self._book.sentences[self._said].does)
        quote = frozenset({f"quotes {self._quoted + 1}"})
        if breaks == NEW_LINE:
            return quote if self._quoted else NOTHING
        return self._in_a_new_paragraph(quote)

    def _on_the_same_line(self, does: str) -> frozenset[str]:
        if does in DECIDING | FOLLOWING:
            return FOLLOWING
        if does not in OPENING:
            return NOTHING
        decided = does == "names" and not (self._opening_due() or self._clauses & self._due)
        return self._opening(does) | (DECIDING if decided else NOTHING)

    def _opening(self, after: str) -> frozenset[str]:
        """What an opening may go on with: nothing that comes before, nothing due left out."""
        rest = OPENING[OPENING.index(after) if after in OPENING else 0 :]
        due = self._opening_due()
        first = next((place for place, does in enumerate(rest) if does in due), len(rest))
        return frozenset(rest[: first + 1])

    def _opening_due(self) -> frozenset[str]:
        return frozenset(due.partition(" ")[0] for due in self._due) & OPENED

    def _in_a_new_paragraph(self, quote: frozenset[str]) -> frozenset[str]:
        if self._opening_due():
            return self._opening("")
        to_quote = bool(self._clauses & self._due)
        if not DECIDING & self._due:
            closing = NOTHING if self._due else frozenset({"closes"})
            return (quote if to_quote else closing) | (FOLLOWING if self._refuses else NOTHING)
        return quote if to_quote and not self._refuses else DECIDING | {"names"}
