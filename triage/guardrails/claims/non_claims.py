"""Sentences that claim nothing: courtesies, wishes, and frames around a claim.

Pure. A claim is about the order, the money or the rules of the shop. Thanks, regrets and
wishes are not, and neither is what a writer says of its own part: that it cannot tell, has
asked or will write again. A frame ("please note that …") is no part of what it frames.
"""

from __future__ import annotations

import re
from typing import Final

COURTESY_WORDS: Final = re.compile(
    r"\b(?:thank\w*|grateful|appreciat\w*|sorry|excuse|apolog\w*|regret\w*|afraid|unfortunate\w*"
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
    r"|requests?|bother|back to you|reached us|without delay|service|right"
    r"|feedback|honest\w*|empath\w*|inconvenien\w*|priorit\w*|situation|circumstances|outcome|informed"
    r"|up ?dated?|posted|loop|follow(?:ing)? up|assist\w*|support|escalat\w*|forward\w*|sincere\w*"
    r"|stress\w*|uncertain\w*|unsettl\w*|bear with|any(?:thing)? (?:else|further)|reach(?:ing)? out"
    r"|comfort\w*|wellbeing|delighted|pleasure|valued?|suggestions?|improve\w*|learn\w*|reason\w*"
    r"|tempting|cheer\w*|congratulat\w*|enjoy\w*|great|sad|rest assured)\b",
    re.IGNORECASE,
)
"""What a reply says besides facts and rules: thanks, regrets, understands, asks, passes on."""

WISH: Final = re.compile(
    r"^\W*(?:get well|take (?:care|good care)|all the best|good luck|safe travels|stay (?:safe|well)"
    r"|enjoy|have (?:a|an|yourself)|speak soon|talk soon|until (?:then|next time)|(?:many|happy) \w+"
    r"|cheers|bye|congratulations|bless you|merry|season)\b",
    re.IGNORECASE,
)
"""How a wish begins, and a farewell."""

MODEST: Final = re.compile(
    r"\b(?:i|we)(?: can| may| am|['’]m| are|['’]re| was|['’]d| would)? (?:not (?:able|in a position|sure|certain|allowed)"
    r"|unable|reluctant|only human|only)\b|\bi (?:can(?:no|['’])t|don['’]t|do not|won['’]t|will not|wouldn['’]t"
    r"|would not|haven['’]t|have not|couldn['’]t) \w+",
    re.IGNORECASE,
)
"""A writer speaking of what it cannot say or do."""

CHATTY: Final = re.compile(
    r"^\W*(?:(?:oh|ah|wow|well|so|and|but|yes|no|sure|of course|certainly|absolutely|hopefully|again)\b"
    r"[^.!?]{0,12},? )?(?:(?:i|(?!\w+(?:['’]ll| will| should| is going to)\b(?! (?:be (?:a|my|our)|depend|take)\b))(?:it|that|this|these|there))(?:['’]\w+)?|let['’]s|let us|we(?:['’]re| are) \w+"
    r"|no (?:\w+ )?(?:action|steps?|need|problem|worries))\b",
    re.IGNORECASE,
)
"""A sentence whose subject is the writer, or what was spoken of before: no rule begins so."""

STATEMENT_START: Final = re.compile(
    r"^\W*(?:\w+ly,? |also,? |and |but )?(?:the|our|your|an?|every\w*|all|each|most|many|both)\b",
    re.IGNORECASE,
)
"""How a statement of facts or rules begins: with what it is about."""

FRAME: Final = re.compile(
    r"\b(?:please (?:note|be aware|be advised|bear in mind|keep in mind|remember|rest assured|know)(?: that)?"
    r"|(?:just )?so (?:that )?you know|just to let you know|rest assured(?: that)?|for your (?:reference|information)"
    r"|(?:i|we)(?:['’]d| would| want| wanted)?(?: like)? to (?:let you know|point out|mention|confirm|clarify|inform you)(?: that)?"
    r"|(?:i|we) can (?:confirm|tell you|assure you)(?: that)?|i(?: am|['’]m) afraid(?: that)?"
    r"|as (?:stated|mentioned|described|outlined|set out|explained|specified|noted|per)(?: (?:in|under|by|above))?"
    r"(?: (?:our|the))?(?: \w+){0,2} (?:policy|policies|terms|conditions|rules|guidelines|clause)"
    r"|(?:according to|under|per|following|in line with|based on|in accordance with)(?: (?:our|the))?(?: \w+){0,2}"
    r" (?:policy|policies|terms|conditions|rules|guidelines|clause)"
    r"|(?:our|the)(?: \w+){0,2} (?:policy|policies|terms|rules?|clause|guidelines) (?:also )?(?:states?|says?|explains?|is|means?|provides?|allows?)(?: that| to)?"
    r"|(?:the )?(?:good|great|bad) (?:thing|news) (?:about [^,.;:]{1,20})?(?:is(?: that)?)?"
    r"|this (?:would )?means?(?: that)?|that (?:would )?means?(?: that)?|what this means is(?: that)?"
    r"|unfortunately|regrettably|generally|in general|normally|usually|typically|however|of course|therefore"
    r"|in (?:this|that|such a|your) case|at (?:this|the|that) (?:stage|point|time|moment)|for (?:now|the moment)"
    r"|in any case|in addition|additionally|currently|indeed|simply|kindly|basically|personally"
    r"|such as [^,.;:]*(?:,|(?=[.;:]|$))|for example|for instance)(?! \w*ing\b),?",
    re.IGNORECASE,
)
"""Words around a claim that are no part of it, and examples, which "such as" introduces."""


def strip_frame(sentence: str) -> str:
    """The sentence without its frame: what it claims."""
    return FRAME.sub(" ", sentence)


def is_non_claim(sentence: str) -> bool:
    """Whether a sentence is a courtesy, or speaks of the writer's own part, and so claims nothing."""
    if not STATEMENT_START.search(sentence):
        return True
    return any(pattern.search(sentence) for pattern in (COURTESY_WORDS, WISH, MODEST, CHATTY))
