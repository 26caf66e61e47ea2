"""Sentences that claim nothing: courtesies, wishes, and frames around a claim.

Pure. A claim is about the order, the money or the rules of the shop. Thanks, regrets and
wishes are not, and neither is what a writer says of its own part: that it cannot tell, has
asked or will write again. A frame ("please note that …") is no part of what it frames.
"""

from __future__ import annotations

import re
from typing import Final

from triage.guardrails.claims.claim_book import CLAIM_BOOK

_build, _compile = CLAIM_BOOK.build_pattern, CLAIM_BOOK.compile_list
COURTESY_WORDS: Final = _compile("courtesy")
"""What a reply says besides facts and rules: thanks, regrets, understands, asks, passes on."""
WISH: Final = _compile("wish")
"""How a wish begins, and a farewell."""
MODEST: Final = _compile("modest")
"""A writer speaking of what it cannot say or do."""
CHATTY: Final = re.compile(
    rf"^\W*(?:{_build('interjection')}[^.!?]{{0,12}},? )?{_build('chatty_subject')}",
    re.IGNORECASE,
)
"""A sentence whose subject is the writer, or what was spoken of before: no rule begins so."""
STATEMENT_START: Final = re.compile(
    rf"^\W*(?:\w+ly,? |also,? |and |but )?{_build('statement_subject')}", re.IGNORECASE
)
"""How a statement of facts or rules begins: with what it is about."""
FRAME: Final = re.compile(
    r"\b(?:please (?:note|be aware|be advised|bear in mind|keep in mind|remember|rest assured"
    r"|know)(?: that)?"
    r"|(?:just )?so (?:that )?you know|just to let you know|rest assured(?: that)?"
    r"|for your (?:reference|information)"
    r"|(?:i|we)(?:['’]d| would| want| wanted)?(?: like)? to (?:let you know|point out|mention"
    r"|confirm|clarify|inform you)(?: that)?"
    r"|(?:i|we) can (?:confirm|tell you|assure you)(?: that)?|i(?: am|['’]m) afraid(?: that)?"
    r"|as (?:stated|mentioned|described|outlined|set out|explained|specified|noted"
    r"|per)(?: (?:in|under|by|above))?"
    r"(?: (?:our|the))?(?: \w+){0,2} (?:policy|policies|terms|conditions|rules|guidelines|clause)"
    r"|(?:according to|under|per|following|in line with|based on|in accordance with)(?: (?:our"
    r"|the))?(?: \w+){0,2}"
    r" (?:policy|policies|terms|conditions|rules|guidelines|clause)"
    r"|(?:our|the)(?: \w+){0,2} (?:policy|policies|terms|rules?|clause"
    r"|guidelines) (?:also )?(?:states?|says?|explains?|is|means?|provides?|allows?)(?: that| to)?"
    r"|(?:the )?(?:good|great|bad) (?:thing|news) (?:about [^,.;:]{1,20})?(?:is(?: that)?)?"
    r"|this (?:would )?means?(?: that)?|that (?:would )?means?(?: that)?"
    r"|what this means is(?: that)?"
    r"|unfortunately|regrettably|generally|in general|normally|usually|typically|however"
    r"|of course|therefore"
    r"|in (?:this|that|such a|your) case|at (?:this|the|that) (?:stage|point|time|moment)"
    r"|for (?:now|the moment)"
    r"|in any case|in addition|additionally|currently|indeed|simply|kindly|basically|personally"
    r"|such as [^,.;:]*(?:,|(?=[.;:]|$))|for example|for instance)(?! \w*ing\b),?",
    re.IGNORECASE,
)
"""Words around a claim that are no part of it, and examples, which "such as" introduces."""


def strip_frame(sentence: str) -> str:
    """The sentence without its frame: what it claims."""
    return FRAME.sub(" ", sentence)


def is_non_claim(sentence: str) -> bool:
    """Whether a sentence is a courtesy or of the writer's own part, and so claims nothing."""
    if not STATEMENT_START.search(sentence):
        return True
    return any(pattern.search(sentence) for pattern in (COURTESY_WORDS, WISH, MODEST, CHATTY))
