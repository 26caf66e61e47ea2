"""Is what a writer says supported by the case: by its facts, its clauses, its decision?

Pure. ``unsupported`` looks at a sentence with marks, rule by rule, and says in plain words
what is wrong with it. A greeting or a word of thanks claims nothing and passes. ``supported``
looks at plain text beside a source. A value has a source by construction; this is for the
words around it.
"""

from __future__ import annotations

import re
from typing import Final

from triage.facts import UNSPOKEN
from triage.slots import WritingTask
from triage.support.announced import misplaced
from triage.support.clauses import against_a_clause, no_such_rule, said_by_a_clause
from triage.support.naming import unknown_name
from triage.support.promises import REMEDY, promises
from triage.support.rows import denied, other_state, unconfirmed, unset_time
from triage.support.source import supported
from triage.support.statement import Statement

__all__ = ["supported", "unsupported"]

ACTS: Final = re.compile(
    r"\b(?:thank\w*|grateful|appreciat\w*|sorry|excuse|apologi\w*|regret\w*|afraid|unfortunate\w*"
    r"|sadly|condolences|sympathy|understand\w*|noted?|hope\w*|glad\w*|happy|pleas\w*|welcome|wish\w*"
    r"|hear|heard|feel\w*|help\w*|warm|kind\w*|know\w*|see|seen|read\w*|writ\w+|wrote|repl\w+|answer\w*"
    r"|told|tell|ask\w*|questions?|messages?|words?|contact\w*|touch|mention\w*|expla\w+|descri\w+"
    r"|details?|speak\w*|let (?:us|me) know|colleagues?|person\w*|team|look\w*|check\w*|review\w*"
    r"|decid\w*|decision|case|matter\w*|concern\w*|attention|care\w*|serious\w*|trouble|mistake|wrong"
    r"|frustrat\w*|disappoint\w*|annoy\w*|worr\w*|upset|pity|urgent\w*|pressing|wait\w*|patien\w*|hard"
    r"|easy|easier|important|trust|mind|mean\w*|would like|prefer|imagin\w*|nice|lovely|wonderful|good"
    r"|better|best|fair\w*|natural|difficult|clear\w*|consider\w*|loyal\w*|respect|thoughts?|think\w*"
    r"|should|next step|go on|going on|missing|(?:need(?:ed)?)(?: \w+){0,3} from (?:you|us)"
    r"|need to (?:do|send)|leave it with|photos?|pictures?|your choice|aim|plans?|value|experience"
    r"|interest|opinion|view|remark|criticism|bring up|free to|smooth\w*|confirmation|records?|fun|guess"
    r"|requests?|bother|back to you|reached us|without delay|service|right)\b",
    re.IGNORECASE,
)
"""What a reply says besides facts and rules: thanks, regrets, understands, asks, passes on."""
WHO: Final = frozenset({"shop", "customer"})
RELATED: Final = 0.3
"""The share of its content in the clauses from which on a sentence has to do with them."""
TWO: Final = 2


def unsupported(sentence: str, task: WritingTask) -> str:
    """Why the case does not support a sentence, in plain words, or an empty string."""
    said = Statement(sentence, task)
    return next(filter(None, (rule(said) for rule in RULES)), "")


def unspoken(said: Statement) -> str:
    """A value that a reply must not repeat, or an empty string."""
    repeated = said.kinds & UNSPOKEN
    return "repeats a link, address or number of the message" if repeated else ""


def committing(said: Statement) -> str:
    """A promise, or money spoken of as decided; an empty string for neither."""
    return promises(said, said_by_a_clause(said.plain, said.task))


def stands_on_nothing(said: Statement) -> str:
    """A statement that is no courtesy, points at nothing and says no clause; else nothing."""
    states = re.search(r"[.!]\W*$", said.text) and len(said.text.split()) > TWO
    if not said.is_reply or said.kinds - WHO or not states or ACTS.search(said.text):
        return ""
    related = REMEDY.search(said.text) or said_by_a_clause(said.plain, said.task) >= RELATED
    return "" if related else "stands on no fact and no clause"


RULES: Final = (
    unspoken,
    misplaced,
    unknown_name,
    committing,
    unset_time,
    other_state,
    denied,
    unconfirmed,
    against_a_clause,
    no_such_rule,
    stands_on_nothing,
)
