"""Where a text can be cut, and which of its sentences ask for nothing: words alone, no model."""

from __future__ import annotations

import re
from collections.abc import Iterator

Place = tuple[int, int]  # the characters from the first up to the second

ENDS = re.compile(r"(?<=[.!?;])\s+|\n+|\s[-–—]\s|(?<=\w)\.{2,}\s*|(?<=\w)[-–—]{2,}\s*")
QUOTED = re.compile(
    r"^>.*$|^-- ?$[\s\S]*|^-{2,} ?(?:original|forwarded) message[\s\S]*"
    r"|^on [^\n]{4,200}\n?[^\n]{0,100}\bwrote: *$[\s\S]*",
    re.IGNORECASE | re.MULTILINE,
)
COURTEOUS = re.compile(
    r"\W*(?:(?:and|with|so|but|many|very|kind|best|warm|kindest|warmest)\s+)*"
    r"(?:hi|hello|hiya|hey|dear|greetings|good (?:morning|afternoon|evening|day)|morning"
    r"|thanks|thank you|thankyou|thx|cheers|ta|regards|wishes|sincerely|yours|faithfully|love"
    r"|have an? |hope (?:you|this|all)|i hope (?:you|this|all)|looking forward|take care"
    r"|otherwise|sorry|apologies|bye)\b(?:\W+\w+){0,9}\W*",
    re.IGNORECASE,
)
WANTS = re.compile(
    r"\?|n't\b|\b(?:where|when|why|how|what|which|refund|cancel|change|return|send|order|money"
    r"|not|wrong|broken|missing|late|need|want|charged?|account|card|deliver\w*)\b",
    re.IGNORECASE,
)
ASKS = re.compile(
    r"\?|\b(?:please|pls|can|could|would|want|need|how|where|when|why|what|tell|send|cancel"
    r"|change|refund|return|not|wrong|missing|broken|is|do|does|did|will)\b|n't\b",
    re.IGNORECASE,
)
REFERENCE = re.compile(
    r"\b(?:my|the|orders?|number|no|nr|ref|reference|is|was|it|its|this|for|on|of|from|thanks"
    r"|thank|you|regards|in|a|s)\b|\S*\d\S*|[^\w\s]",
    re.IGNORECASE,
)
WORD = re.compile(r"[\w'’]+")
BEGINNINGS = frozenset(
    WORD.findall(
        "i i'm i've i'd im ive my we our how what what's whats why when where where's wheres who "
        "which can could may would will is are am do does did has have had was were please pls plz "
        "the there it it's its this that you your someone need want tell help send give cancel "
        "change hello hi if also and but besides in one any a an not no"
    )
)
HANGING = frozenset(
    WORD.findall(
        "i my we our the a an to of for on in at by with from and or but if when what how why where "
        "which who can could will would shall may might must do does did is are was were am be been "
        "has have had not no your you their this that these those it's i'm i've because as so than "
        "about into very please any some"
    )
)
JOINING = frozenset(
    WORD.findall("and also but plus then besides oh another thing question more one on top of that")
)
LOOKED_AT = 80  # characters on each side of a cut


def unquoted(text: str) -> str:
    """Without the lines quoted from an earlier mail and what follows a signature's mark."""
    return QUOTED.sub("", text)


def sentences(text: str) -> list[Place]:
    """Those that may ask for something: no greeting, thanks, good wishes or name below them."""
    places = list(_between(text))
    last = len(places)
    while last > 1 and (_polite(text, places[last - 1]) or _signed(text, places[:last])):
        last -= 1
    return [place for place in places[:last] if not _polite(text, place)]


def _between(text: str) -> Iterator[Place]:
    begun = 0
    for end in [*ENDS.finditer(text), None]:
        stop = end.start() if end else len(text)
        said = text[begun:stop]
        if WORD.search(said):
            yield begun + len(said) - len(said.lstrip()), begun + len(said.rstrip())
        begun = end.end() if end else stop


def _polite(text: str, place: Place) -> bool:
    return courteous(text[slice(*place)])


def _signed(text: str, places: list[Place]) -> bool:
    """The last is a name: a few words below a closing, without a full stop."""
    name = text[slice(*places[-1])]
    return len(name.split()) <= 3 and name[-1:].isalnum() and _polite(text, places[-2])


def courteous(words: str) -> bool:
    """Whether it is nothing but a greeting, thanks or good wishes."""
    return bool(COURTEOUS.fullmatch(words)) and not WANTS.search(words)


def empty_of_matter(words: str) -> bool:
    """Whether it is a mere courtesy, or names an order and no more."""
    return courteous(words) or (
        any(letter.isdigit() for letter in words) and not REFERENCE.sub(" ", words).split()
    )


def seam(left: str, right: str) -> tuple[bool, bool, bool, bool]:
    """Of a cut: the right side begins like a sentence, the left hangs in the air, a mark
    stands between them, a joining word begins the right side."""
    before = WORD.findall(_plain(left[-LOOKED_AT:]))
    after = WORD.findall(_plain(right[:LOOKED_AT]))
    joined = 0
    while joined < min(5, len(after) - 1) and after[joined] in JOINING:
        joined += 1
    begins = bool(after) and after[joined] in BEGINNINGS
    marked = left.rstrip()[-1:] in tuple(".?!;:,") or "\n" in left[len(left.rstrip()) :]
    return begins, bool(before) and before[-1] in HANGING, marked, joined > 0


def _plain(words: str) -> str:
    return words.lower().replace("’", "'")
