"""Words: which carry content, which exclude each other, and what they are without endings.

Pure. The lists are short on purpose: what a reply of a shop is made of, not a lexicon.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Final

WORD: Final = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
NUMBER: Final = re.compile(r"\d[\d,]*(?:\.\d+)?")
CAPITAL: Final = re.compile(r"(?<=[^.!?:\s])\s+[“(]?([A-Z][\w&]*)")
NEGATION: Final = re.compile(
    r"\b(?:not|no|never|none|nobody|nothing|neither|nor|without|cannot|unable|hardly|lack\w*"
    r"|fail(?:s|ed)? to|refus\w+|den(?:y|ies|ied)|\w+n['’]t)\b",
    re.IGNORECASE,
)


CONTRACTION: Final = re.compile(r"['’](?:s|re|ve|ll|d|m)\b", re.IGNORECASE)
"""Verbs that are written as one with the word before."""


def parse_word_list(words: str) -> frozenset[str]:
    """The words of a list that is written as text, separated by white space."""
    return frozenset(words.split())


FUNCTION_WORDS: Final = parse_word_list("""
a an the and or but if while of to in on at by for with from as is are was were be been being it
its this that these those he she they his her their him them we our us you your i my me who which
what when where how also so such then than there has have had do does did will would can could may
might shall should not no nor into over about after before between during both each more most other
some any own same too very just am s t don cannot
""")
"""Words that carry no content of their own."""

EMPTY_WORDS: Final = parse_word_list("""
must need one please just only always get let know welcome allowed able possible required going back
here there out up off terms policy rule regarded either well except but anything shop thing
go goes come came sometimes bit little process whenever want yes no sure
give rather time
""")
"""Words that carry none in a reply that puts a clause in other words."""

ABSOLUTE_WORDS: Final = parse_word_list("""
only all every always completely entirely exclusively never none must solely fully totally
immediately just guaranteed
""")

CAPITALISABLE_WORDS: Final = parse_word_list("""
monday tuesday wednesday thursday friday saturday sunday january february march april may june july
august september october november december christmas easter
i i'm i'll i've kind regards best warm customer customers support service care team dear sir madam
faq pdf vat uk eu usa ok qr id not no yes your the yours english
""")
"""Words that may be written with a capital anywhere."""

SENTENCE_STARTERS: Final = parse_word_list("""
about above according actually additional after afterwards again alas all allow almost along
alongside already also alternatively although altogether always among an and another any anybody
anyone anything anyway apart apologies as aside ask at attach attached back based because before
behind being below besides best between beyond both bring but buy by call can cancel cancelling
care certainly change changes check choose clear clearly clothes come concerning contact could
customer customers damage damaged date dates dear deliveries delivery despite details did do does
done during each earlier either else elsewhere enclosed every everybody everyone everything
exchanges faulty feel few final finally find first following for fortunately forward friendly from
full further furthermore generally get gift give given go good great greetings had half happily
happy has hate have having he hello help hence her here hers hi high his hopefully how however i if
important in indeed initially inside instead into invoices is it it's item items its just keep
keeping kind kindest know knowing last lastly late later leave less let let's like likewise look
looking made mail make many may maybe meanwhile message messages might mistakes money more moreover
most mostly much must my name naturally near need needs neither never nevertheless new news next no
nobody none nor normally not note nothing notice now number numbers of off offer offers oh old on
once one only open opened or order orders other others otherwise our out outside over own packaging
parcel parcels part pay payment payments people per perhaps photos pictures please pleased point
policy post postage prices privacy problem profile purchases put questions quick quickly quite
rather read recent refund refunds regarding regards regrettably remember repairs replacement reply
requests rest return returned returns right sale same see send several shall she shipping shop
should similarly simply since sizes so some somebody someone something soon sorry still stock store
such summary sure take tell thank thanks that that's the their them then there therefore these they
this those though through thus ticket till time to today together too totally towards track
tracking trust try two under understanding unfortunately unless unlike until unused up upon us use
used usually vouchers waiting want warm warranty was we we'll we're we've were what what's whatever
when whenever where whether which while who whoever whole whose why will wishes wishing with within
without wonderful work worn would write wrong yes yet you you'll you're you've your yours
""")
"""What a sentence of a reply begins with, apart from a name."""

NUMBER_VALUES: Final[Mapping[str, float]] = {
    "half": 0.5, "one": 1, "once": 1, "first": 1, "two": 2, "twice": 2, "second": 2, "three": 3,
    "third": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
    "eleven": 11, "twelve": 12, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60,
    "ninety": 90, "hundred": 1e2, "thousand": 1e3, "million": 1e6, "billion": 1e9,
}  # fmt: skip

SYNONYM_STEMS: Final[Mapping[str, str]] = {
    "cost": "pay", "charg": "pay", "paid": "pay", "includ": "cover", "swap": "exchang",
    "arriv": "reach", "receiv": "reach", "bought": "buy", "purchas": "buy", "taken": "tak", "used": "use",
    "payment": "pay", "issu": "pay", "locat": "find", "mone": "refund", "inform": "data", "sold": "sell",
}  # fmt: skip
"""Stems that mean the same in a shop."""

OPPOSITE_FAMILIES: Final = """
increase decrease|increase reduce|rise fall|grow shrink|raise lower|more less|more fewer|high low
higher lower|above below|over under|before after|early late|earlier later|first last|start end
begin end|open close|open shut|include exclude|with without|all none|always never
often rarely|always sometimes|easy difficult|easy hard|simple complex|good bad
better worse|best worst|positive negative|succeed fail|success failure|accept reject|accept refuse
agree disagree|allow forbid|allow prevent|allow deny|approve reject|confirm deny|support oppose
help hinder|improve worsen|gain lose|win lose|profit loss|buy sell|send receive|give take
push pull|enter leave|arrive leave|come go|in outside|inside outside|indoors outdoors|new old
young old|new used|hot cold|warm cold|large small|big small|long short|strong weak|expensive cheap
expensive affordable|rich poor|public private|internal external|local foreign|domestic foreign
male female|man woman|men women|boy girl|he she|his her|him her|mr mrs|mother father|son daughter
brother sister|husband wife|day night|safe dangerous|likely unlikely|happy sad|similar different
same different|wide narrow|wide limited|broad narrow|full empty|full partial|full half
specific general|major minor|maximum minimum|explicit implicit|static dynamic
free paid|free charged|remember forget|love hate|encourage discourage|permanent temporary
rapid slow|quick slow|fast slow|heavy light|dark light|deep shallow|near far|up down|top bottom
left right|north south|east west|front back|damaged intact|required optional|mandatory optional
together apart|guilty innocent|war peace|alive dead|true false|right wrong|correct wrong
appear disappear|expand contract|strengthen weaken|enhance diminish|outperform underperform
upper lower|previous next|former latter|create destroy|build destroy|continue stop|start stop
keep discard|keep return|add remove|hire fire|borrow lend|pass fail|present absent|visible hidden
natural artificial|modern ancient|friend enemy|careful careless|useful useless|growth decline
demand supply|advantage disadvantage|benefit drawback|buyer seller|customer shop|minority majority
willing reluctant|admit deny|everyone nobody|everything nothing|both neither|sender recipient
solve cause|protect harm|ignore consider|well poorly|ahead behind|import export|prepaid unpaid
minute hour day week month quarter year decade century
monday tuesday wednesday thursday friday saturday sunday weekend
january february march april june july august september october november december
first second third fourth fifth last|usually often sometimes rarely never
must should may|morning afternoon evening night|daily weekly monthly quarterly yearly
spring summer autumn winter|yesterday today tomorrow|thousand million billion|dollar euro pound
refund replacement exchange credit voucher discount|mile metre kilometre|email phone letter
"""
"""Words that exclude each other: two that are opposites, or a family of which one holds."""
PREFIXES: Final = ("un", "in", "im", "dis", "non", "mis", "ir")
ENDINGS: Final = (
    "ations",
    "ation",
    "ements",
    "ement",
    "ings",
    "ing",
    "ied",
    "ies",
    "edly",
    "ed",
    "es",
)


def split_words(text: str) -> list[str]:
    """The words of a text in their order, in lower case."""
    return [word.lower() for word in WORD.findall(text)]


def iter_stems(text: str) -> Iterator[str]:
    """The content words without their endings."""
    return (stem_word(word) for word in split_words(text) if word not in FUNCTION_WORDS)


def extract_content(text: str) -> frozenset[str]:
    """The stems of what a text speaks of, whether it affirms or denies it."""
    spoken = (
        SYNONYM_STEMS.get(word, word)
        for word in iter_stems(CONTRACTION.sub("", NEGATION.sub(" ", text)))
    )
    return frozenset(spoken) - _get_empty_stems() - FUNCTION_WORDS


def is_empty(stemmed: str) -> bool:
    return stemmed in _get_empty_stems()


@lru_cache(maxsize=1)
def _get_empty_stems() -> frozenset[str]:
    return frozenset(map(stem_word, EMPTY_WORDS))


def find_names(sentence: str) -> list[str]:
    """The capitalised words of a sentence but for the first."""
    return CAPITAL.findall(sentence)


def iter_numbers(text: str) -> Iterator[float]:
    """The numbers of a text, in figures or words."""
    for match in NUMBER.finditer(text):
        yield float(match.group().replace(",", ""))
    yield from (NUMBER_VALUES[word] for word in split_words(text) if word in NUMBER_VALUES)


def stem_word(word: str) -> str:
    """A word without its ending: "delivery", "delivered" and "delivers" are one.

    Rough, and enough to compare: the first steps of Porter (1980), "An algorithm for
    suffix stripping".
    """
    word = re.sub(r"['’]s?$", "", word)
    ending = next((e for e in ENDINGS if word.endswith(e) and len(word) - len(e) >= 3), "")
    if ending:
        word = word.removesuffix(ending)
    elif len(word) > 3 and not word.endswith("ss"):
        word = word.removesuffix("s")
    if len(word) > 3 and word[-1] == word[-2]:
        word = word[:-1]
    return re.sub(r"(?<=\w{3})[eyi]$", "", word)


def find_opposites(word: str) -> frozenset[str]:
    """The stems that a stem excludes."""
    longer = {prefix + word for prefix in PREFIXES if len(word) > 3}
    shorter = {word.removeprefix(p) for p in PREFIXES if len(word) > len(p) + 3} - {word}
    return _build_opposite_families().get(word, frozenset()) | longer | shorter


@lru_cache(maxsize=1)
def _build_opposite_families() -> Mapping[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    for family in re.split(r"[|\n]", OPPOSITE_FAMILIES.strip()):
        members = frozenset(map(stem_word, family.split()))
        for member in members:
            found[member] = found.get(member, frozenset()) | members - {member}
    return found
