"""Where a text can be cut, and which of its sentences ask for nothing: words alone, no model."""

from __future__ import annotations

import re

from triage.nlu.sentences import INFORMAL, iter_sentence_spans

Place = tuple[int, int]  # the characters from the first up to the second

QUOTED_TEXT = re.compile(
    r"^>.*$|^-- ?$[\s\S]*|^-{2,} ?(?:original|forwarded) message[\s\S]*"
    r"|^on [^\n]{4,200}\n?[^\n]{0,100}\bwrote: *$[\s\S]*",
    re.IGNORECASE | re.MULTILINE,
)
COURTESY = re.compile(
    r"\W*(?:(?:and|with|so|but|many|very|kind|best|warm|kindest|warmest)\s+)*"
    r"(?:hi|hello|hiya|hey|dear|greetings|good (?:morning|afternoon|evening|day)|morning"
    r"|thanks|thank you|thankyou|thx|cheers|ta|regards|wishes|sincerely|yours|faithfully|love"
    r"|have an? |hope (?:you|this|all)|i hope (?:you|this|all)|looking forward|take care"
    r"|otherwise|sorry|apologies|bye)\b(?:\W+\w+){0,9}\W*",
    re.IGNORECASE,
)
WANT_CUE = re.compile(
    r"\?|n't\b|\b(?:where|when|why|how|what|which|refund|cancel|change|return|send|order|money"
    r"|not|wrong|broken|missing|late|need|want|charged?|account|card|deliver\w*)\b",
    re.IGNORECASE,
)
REQUEST_CUE = re.compile(
    r"\?|\b(?:please|pls|can|could|would|want|need|how|where|when|why|what|tell|send|cancel"
    r"|change|refund|return|not|wrong|missing|broken|is|do|does|did|will)\b|n't\b",
    re.IGNORECASE,
)
ORDER_REFERENCE = re.compile(
    r"\b(?:my|the|orders?|number|no|nr|ref|reference|is|was|it|its|this|for|on|of|from|thanks"
    r"|thank|you|regards|in|a|s)\b|\S*\d\S*|[^\w\s]",
    re.IGNORECASE,
)
WORD = re.compile(r"[\w'’]+")
SENTENCE_STARTERS = frozenset(
    WORD.findall(
        "i i'm i've i'd im ive my we our how what what's whats why when where where's wheres who "
        "which can could may would will is are am do does did has have had was were please pls plz "
        "the there it it's its this that you your someone need want tell help send give cancel "
        "change hello hi if also and but besides in one any a an not no"
    )
)
DANGLING_WORDS = frozenset(
    WORD.findall(
        "i my we our the a an to of for on in at by with from and or but if when what how why "
        "where which who can could will would shall may might must do does did is are was were am "
        "be been has have had not no your you their this that these those it's i'm i've because as "
        "so than about into very please any some"
    )
)
JOINING_WORDS = frozenset(
    WORD.findall("and also but plus then besides oh another thing question more one on top of that")
)
CUT_CONTEXT_CHARS = 80  # characters on each side of a cut


def strip_quotes(text: str) -> str:
    """The text without lines quoted from an earlier mail and without a signature."""
    return QUOTED_TEXT.sub("", text)


def find_sentences(text: str) -> list[Place]:
    """The places of sentences that may ask for something.

    Greetings, thanks, good wishes and a name below them are left out.
    """
    spans = iter_sentence_spans(text, INFORMAL)
    places: list[Place] = [span for span in spans if WORD.search(text[slice(*span)])]
    last = len(places)
    while last > 1 and (
        _is_courtesy_at(text, places[last - 1]) or _ends_with_name(text, places[:last])
    ):
        last -= 1
    return [place for place in places[:last] if not _is_courtesy_at(text, place)]


def _is_courtesy_at(text: str, place: Place) -> bool:
    return is_courtesy(text[slice(*place)])


def _ends_with_name(text: str, places: list[Place]) -> bool:
    """Whether the last is a name: a few words below a closing, without a full stop."""
    name = text[slice(*places[-1])]
    return len(name.split()) <= 3 and name[-1:].isalnum() and _is_courtesy_at(text, places[-2])


def is_courtesy(words: str) -> bool:
    """Whether the words are nothing but a greeting, thanks or good wishes."""
    return bool(COURTESY.fullmatch(words)) and not WANT_CUE.search(words)


def is_empty_of_matter(words: str) -> bool:
    """Whether the words are a mere courtesy, or name an order and no more."""
    return is_courtesy(words) or (
        any(letter.isdigit() for letter in words) and not ORDER_REFERENCE.sub(" ", words).split()
    )


def describe_cut(left: str, right: str) -> tuple[bool, bool, bool, bool]:
    """Four signs of a cut between the texts on its left and right.

    The right side begins like a sentence, the left hangs in the air, a mark stands between
    them, a joining word begins the right side.
    """
    before = WORD.findall(_normalize_text(left[-CUT_CONTEXT_CHARS:]))
    after = WORD.findall(_normalize_text(right[:CUT_CONTEXT_CHARS]))
    joined = 0
    while joined < min(5, len(after) - 1) and after[joined] in JOINING_WORDS:
        joined += 1
    begins = bool(after) and after[joined] in SENTENCE_STARTERS
    marked = left.rstrip()[-1:] in tuple(".?!;:,") or "\n" in left[len(left.rstrip()) :]
    return begins, bool(before) and before[-1] in DANGLING_WORDS, marked, joined > 0


def _normalize_text(words: str) -> str:
    return words.lower().replace("’", "'")
