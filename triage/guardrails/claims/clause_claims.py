"""Does a sentence say what the clauses say, or the other way round, or a rule of its own?

A clause is best pointed at. Where a writer puts it in other words instead, most of the
content has to be the clause's, and what it denies has to be what the clause denies.
"""

from __future__ import annotations

import re
from itertools import takewhile
from typing import Final

from triage.contract.fact_types import CLAUSE
from triage.contract.memo import keep_on_argument
from triage.contract.slots import WritingTask
from triage.guardrails.claims.entailment import Source
from triage.guardrails.claims.non_claims import strip_frame
from triage.guardrails.statement import PART_BOUNDARY, Statement
from triage.nlu.content_words import (
    FUNCTION_WORDS,
    SYNONYM_STEMS,
    extract_content,
    is_empty,
    iter_numbers,
    parse_word_list,
    split_words,
    stem_word,
)

MIN_RESTATED_SHARE: Final = 0.55
"""The share of its content in the clauses from which on a sentence says what they say."""
MIN_PART_OVERLAP: Final = 0.5
"""The share from which on two parts of sentences speak of the same."""
MIN_QUOTED_SHARE: Final = 0.4
"""The share that is enough where the clause itself stands beside it."""
TWO: Final = 2
MAX_LIST_PART_WORDS: Final = 5

DENIAL_WORDS: Final = parse_word_list(
    "not no never none nobody neither nor without cannot unable hardly before"
)
OPEN_ENDED_WORDS: Final = parse_word_list("until till unless except")
"""Words after which it matters too much how the rest is put to compare denials."""
IDLE: Final = re.compile(r"\b(?:does|do) not matter(?: if| whether| when)?\b", re.IGNORECASE)
GRATIS: Final = re.compile(
    r"\b(?:free of|without(?: any)?|at no)(?: (?:extra|additional))? (?:charges?|costs?|fees?)\b",
    re.IGNORECASE,
)
ONLY_IF: Final = re.compile(
    r"\bonly\b[^.;:]*\b(?:if|when|where|once|after|in case)\b(?=\W+\w)", re.IGNORECASE
)
"""A rule and its exception in one: "not unless" in other words."""
INVITES: Final = re.compile(
    r"^\W*(?:if|should|in case)\b.*\b(?:let (?:us|me) know|tell (?:us|me)|get in touch|reply"
    r"|contact us|just ask)\b",
    re.IGNORECASE,
)
"""What a customer may wish, and what to do then: no rule."""
PERSPECTIVE_WORDS: Final = re.compile(
    r"\b(?:buy\w*|bought|sell\w*|sold|receiv\w+|outside|nobody|(?:was|were|is|are|be|been) used"
    r"|used(?= (?:for|to|by|when|in|at|on)\b))\b",
    re.IGNORECASE,
)
"""Opposites that say the same from the other side."""
TIMES: Final = re.compile(r"\bonly once\b|\bonce(?=\W*$)|\btwice\b", re.IGNORECASE)
BEFORE: Final = re.compile(r"\bbefore\b", re.IGNORECASE)
STOPPING: Final = re.compile(
    r"\bno longer\b|\brather than\b|\binstead of\b|\bstops? (?=\w+ing\b)", re.IGNORECASE
)
FINITE: Final = re.compile(
    r"\b(?:is|are|was|were|has|have|had|do|does|did|can|cannot|may|must|will|would|should|needs?"
    r"|\w+n['’]t|we|you|it|they|i|there|please|while|whereas|when|if|once|as|since|because|so)\b",
    re.IGNORECASE,
)
"""What a part of a sentence has that says something of its own."""
UNTIL: Final = re.compile(
    r"\b(?:as|so) long as(?=[^.,;]*(?:\bnot\b|n['’]t\b))|\bwhile(?=[^.,;]*\b(?:not yet|still)\b)",
    re.IGNORECASE,
)
"""Other words for it: as long as a thing has not happened."""
RETURN: Final = re.compile(
    r"\b(?:tak(?:e|es|en|ing)|sen[dt]|sending) (?:\w+ ){0,2}?back\b", re.IGNORECASE
)
COUNTS: Final = re.compile(r"\b(?:counts?|qualif(?:y|ies)) as\b", re.IGNORECASE)
TURNS_OF_PHRASE: Final = (
    (STOPPING, "not "),
    (UNTIL, "until"),
    (GRATIS, "free"),
    (RETURN, "return"),
    (COUNTS, ""),
)
RECORD_KINDS: Final = parse_word_list(
    "order placed status promised delivered tracking total paid since orders spent refunds refunded"
    " other_order"
)
FEELING_WORDS: Final = re.compile(
    r"\b(?:nothing|sorry|regret|understand|pity|know how|whether|asked?|thank\w*)\b", re.IGNORECASE
)
OPENING: Final = re.compile(r"^\W*(?:please|if you|just|let|should you|when you)\b", re.IGNORECASE)

THINGS: Final = (
    r"(?:items?|orders?|returns?|exchanges?|refunds?|parcels?|repairs?|vouchers?|codes?|cards?"
    r"|goods"
    r"|everything|everyone|customers?|deliver(?:y|ies)|senders?|managers?|fees?|postage|warranty)"
)
MUST: Final = (
    r"(?:can(?! (?:\w+ )?be (?:found|seen))|cannot|can['’]t|may|must|has to|have to"
    r"|needs? (?:to|an?|the)"
    r"|(?:is|are)(?: not| never| always| only)? (?:allowed|accepted|excluded|included|covered"
    r"|required|refunded|exchanged|free|possible))"
)
WITH_GOODS: Final = (
    r"(?:return|send|bring|exchange|swap|cancel|change|keep|pay|use|open|wear|claim|insure|provide"
    r"|show|combine|collect|call|contact|hand|ask for|get|have|buy|the original|a receipt|proof)"
)
RULE: Final = re.compile(
    rf"\b{THINGS}\b(?: (?!we|you|i|they|that|which)\w+)? {MUST}\b"
    rf"|\byou (?:can|cannot|can['’]t|may|must|have to|need(?: to)?)(?: not| only"
    rf"| also)? {WITH_GOODS}\b"
    rf"|\b{THINGS} (?:is|are) (?:never|always) \w+(?:ed|en|ied)\b"
    r"|\bwe (?:only|never|always|do not|don['’]t) (?:answer|accept|take (?:back|return)|refund"
    r"|exchange|deliver|ship|send|repair|charge|sell|share)",
    re.IGNORECASE,
)
"""What a rule of a shop sounds like."""

Denials = dict[str, bool]


@keep_on_argument
def build_clause_source(task: WritingTask) -> Source:
    """The clauses of the case as one source text."""
    return Source("\n".join(slot.value for slot in task.list_slots(CLAUSE)))


def compute_clause_coverage(sentence: str, task: WritingTask) -> float:
    """The share of a sentence's content, 0 to 1, that the nearest sentences of the clauses have."""
    said = extract_content(strip_frame(sentence))
    known = build_clause_source(task).stems
    said -= {word for word in extract_content(task.ticket) if word not in known}
    near: frozenset[str] = frozenset().union(
        *map(extract_content, build_clause_source(task).find_nearest_sentences(sentence)[:TWO])
    )
    return len(said & near) / len(said) if said else 0.0


def find_invented_rule(said: Statement) -> str:
    """Why a sentence states a rule that no clause has, or an empty string."""
    found = RULE.search(said.plain)
    if not found or said.is_question or OPENING.search(said.plain):
        return ""
    enough = MIN_QUOTED_SHARE if CLAUSE in said.kinds else MIN_RESTATED_SHARE
    if (
        FEELING_WORDS.search(said.plain, 0, found.end())
        or compute_clause_coverage(said.plain, said.task) >= enough
    ):
        return ""
    return "states a rule that no clause has"


def find_contradicted_clause(said: Statement) -> str:
    """Why a sentence says the opposite of a clause, or an empty string."""
    prose = strip_frame(IDLE.sub(" ", said.plain))
    if (
        FEELING_WORDS.search(prose)
        or said.is_question
        or said.kinds & RECORD_KINDS
        or ONLY_IF.search(prose)
        or INVITES.search(prose)
    ):
        return ""
    if "until" in build_clause_source(said.task).lower:
        prose = BEFORE.sub("until", prose)
    for mine in (
        parse_denials(part) for part in split_parts(prose) if not part.lower().startswith("not ")
    ):
        nearest = _find_nearest_rules(mine, said.task)
        if nearest and not any(_has_same_denials(mine, theirs) for _, theirs in nearest):
            return f"says the opposite of a clause: “{nearest[0][0].strip()[:80]}”"
    says_it = compute_clause_coverage(said.plain, said.task) >= MIN_RESTATED_SHARE
    opposed = says_it and _has_opposite_word(prose, build_clause_source(said.task))
    return "says the opposite of a word of the clauses" if opposed else ""


def _has_opposite_word(prose: str, rules: Source) -> bool:
    """Whether a word is the opposite of one of the clauses, or says another number of times."""
    often = frozenset(iter_numbers(" ".join(TIMES.findall(prose))))
    others = frozenset().union(
        *(iter_numbers(text) for text in rules.find_nearest_sentences(prose)[:1])
    )
    counted = bool(often and others and not often & others)
    known = rules.lower_words
    undone = any(
        f"un{word}" in known for word in set(split_words(PERSPECTIVE_WORDS.sub(" ", prose))) - known
    )
    return (
        counted
        or undone
        or bool(rules.compute_doubts(PERSPECTIVE_WORDS.sub(" ", prose))["opposite"])
    )


def _find_nearest_rules(mine: Denials, task: WritingTask) -> list[tuple[str, tuple[Denials, ...]]]:
    """The sentences of the clauses that share most with a part of a sentence, if enough."""
    shared = [len(mine.keys() & set().union(*theirs)) for _, theirs in _parse_clause_denials(task)]
    most = max(shared, default=0)
    if most < max(TWO, MIN_PART_OVERLAP * len(mine)):
        return []
    return [
        rule
        for rule, count in zip(_parse_clause_denials(task), shared, strict=True)
        if count == most
    ]


@keep_on_argument
def _parse_clause_denials(task: WritingTask) -> tuple[tuple[str, tuple[Denials, ...]], ...]:
    """Each sentence of the clauses, and of each of its parts what it denies."""
    texts = build_clause_source(task).sentences
    return tuple((text, tuple(map(parse_denials, split_parts(text)))) for text in texts)


def split_parts(sentence: str) -> list[str]:
    """The parts of a sentence that each say something.

    A part that lists more, or has too little content alone, is joined to the one before it.
    """
    parts: list[str] = []
    for part in PART_BOUNDARY.split(sentence):
        lists = (
            not part.lower().startswith("not ")
            and len(part.split()) <= MAX_LIST_PART_WORDS
            and not FINITE.search(part)
        )
        if parts and (lists or len(parse_denials(part)) < TWO):
            parts[-1] += f", {part}"
        else:
            parts.append(part)
    return parts


def parse_denials(part: str) -> Denials:
    """The content words of a part of a sentence, and whether each is denied.

    A denial is of the next word of content or at the end of the last, "nothing" after a
    price of the price before it, and "free" denies a price by itself.
    """
    found: Denials = {}
    denied, waits, last = False, False, ""
    for word in takewhile(
        lambda word: word not in OPEN_ENDED_WORDS, split_words(_normalise_phrases(part))
    ):
        if word == "nothing" and last == "pay":
            found[last] = not found[last]
        elif word in DENIAL_WORDS or word == "nothing" or word.endswith(("n't", "n’t")):
            denied, waits = not denied, word == "before"
        elif word == "or" and found.get(last):
            denied = True
        elif word == "free":
            found["pay"], denied = not denied, False
        elif word not in FUNCTION_WORDS and not is_empty(stem_word(word)):
            last = SYNONYM_STEMS.get(stem_word(word), stem_word(word))
            found[last], denied = denied, False
    if denied and last and not waits:
        found[last] = not found[last]
    return found


def _normalise_phrases(part: str) -> str:
    """Turns of phrase as the words they stand for."""
    for turn, word in TURNS_OF_PHRASE:
        part = turn.sub(word, part)
    return part


def _has_same_denials(mine: Denials, theirs: tuple[Denials, ...]) -> bool:
    """Whether a part of a sentence and a sentence of a clause deny the same.

    Where both deny one word, another that only the clause denies may be put otherwise.
    """
    shared = mine.keys() & set().union(*theirs)
    both = any(mine[word] and part.get(word) for word in shared for part in theirs)
    for word in shared:
        if mine[word] not in _find_closest_denials(word, mine, theirs) and (mine[word] or not both):
            return False
    unmatched = any(denied for word, denied in mine.items() if word not in shared)
    return not unmatched or any(any(part.values()) for part in theirs)


def _find_closest_denials(word: str, mine: Denials, theirs: tuple[Denials, ...]) -> set[bool]:
    """Whether the parts that have the word and are most like ours deny it."""
    parts = [part for part in theirs if word in part]
    most = max(len(mine.keys() & part.keys()) for part in parts)
    return {part[word] for part in parts if len(mine.keys() & part.keys()) == most}
