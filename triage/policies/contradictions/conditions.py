"""The conditions of a sentence: which things, for which reason, under which circumstances.

Pure. Whatever is neither a word of every shop nor known under another name makes a case of
its own; so a rule for shoes is never set against one for everything, and a circumstance that
is not understood keeps two clauses apart.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from triage.nlu.content_words import FUNCTION_WORDS, parse_word_list, split_words, stem_word

REASONS: Final = (
    ("unwanted", r"\b(?:unwanted|chang\w+ (?:of|your|their) mind|mind has changed|no longer want\w*|not satisfied|(?:do|does)(?: not|n['’]t) (?:like|want|suit|fit))\b"),
    ("damaged", r"\b(?:damag\w+|broken|breakages?|crack\w*|crushed)\b"),
    ("faulty", r"(?<!small )(?<!at )\b(?:fault(?:y|s)?|defect\w*|flaws?)\b"),
    ("wrong", r"\bwrong\b(?! (?:amount|price|password))|\bincorrect item\b|\bnot what (?:you|was) ordered\b|\b(?:did|had) not order\b"),
    ("missing", r"\bmissing\b|\bincomplete\b"),
    ("described", r"\bnot as (?:we )?describ\w+|\bdescription\b|\bmisdescrib\w+"),
)  # fmt: skip
CIRCUMSTANCE_NAMES: Final = (
    ("aftersent", r"\b(?:once|after|when|if)\b(?:(?!before|until)[^,;]){0,40}\b(?:has|have|is|was|been)\b[^,;]{0,12}\b(?:sent|dispatched|shipped|posted)\b|\bafter (?:dispatch|shipping|shipment)\b"),
    ("beforesent", r"\b(?:before|until|till|as long as)\b[^,;]{0,40}\b(?:sent|dispatched|shipped|posted|packed)\b|\bbefore (?:dispatch|shipping|shipment)\b"),
    ("finalsale", r"\b(?:marked )?(?:final[- ]sale|clearance|sale)(?: goods?| items?| prices?)?\b|\b(?:reduced|discounted) (?:goods?|items?)\b"),
    ("giftcard", r"\bgift ?cards?\b|\bgift vouchers?\b"),
    ("storecredit", r"(?<!for )(?<!as )(?<!in )(?<!get )(?<!receive )(?<!only )\bstore credits?\b(?! only)"),
    ("gift", r"\bgifts?\b(?! wrap)|\bwere given\b"),
    ("custom", r"\b(?:personali[sz]ed|custom(?:i[sz]ed|[- ]made)?|engraved|bespoke|made (?:to order|for you|to measure))\b"),
    ("abroad", r"\b(?:from |outside )?(?:abroad|overseas|international\w*|other countries|another country)\b"),
    ("home", r"\b(?:united kingdom|great britain|uk|domestic)\b"),
    ("secondhand", r"\b(?:second[- ]hand|pre[- ]owned|refurbished)\b"),
    ("preorder", r"\bpre[- ]?orders?\b"),
    ("trial", r"\b(?:free )?trials?(?: period)?\b|\btrying (?:it|us) out\b"),
    ("large", r"\b(?:large|bulky|heavy|big)\b"),
    ("late", r"\b(?:a little )?late(?:ly)?\b|\bdelay\w*\b|\boverdue\b"),
    ("software", r"\b(?:software|computer programs?)\b"),
    ("shoe", r"\b(?:shoes|footwear)\b"),
    ("deliverycharge", r"\b(?:delivery|shipping) (?:charges?|costs?|fees?)\b(?!\s*(?:[£$€\d]|$))"),
    ("cashondelivery", r"\bcash on delivery\b"),
    ("inshop", r"\bin (?:our|the|a) (?:shops?|stores?)\b|\bin (?:store(?! credit)|person)\b|\bshowrooms?\b"),
    ("opened", r"\b(?:opened|used(?= (?:items?|goods))|worn|washed)\b"),
    ("month", r"\bmonths\b"),
)  # fmt: skip
EXCEPTION: Final = re.compile(
    r"\b(?:unless|except(?:ing)?(?: for)?|other than|apart from|excluding)\b[^,;.]*|\bthat (?:is|are|was|were) not our fault\b"
    r"|\b(?:whatever|for any|for whatever|no matter) (?:the |what )?reasons?\b|\bno questions asked\b",
    re.IGNORECASE,
)
"""What is only said not to be the case."""
CONTRACTION_ENDING: Final = re.compile(r"['’](?:s|re|ve|ll|d|m|t)\b")

GENERIC_WORDS: Final = parse_word_list("""
above accept account add address after again all allow almost already alternatively always amount any
anything apply applies arrange arrives ask at available back bear bearer been before begin both box
bring brought buy bought can cancel cancellation card carriage case change charge charged choose
claim clear close collect collected come comes complete condition confirm contact copy cost costs count
cover covered customer customers day days deduct deducted deliver delivered delivery deliveries
dispatch dispatched done each easy end ends entitled erase erased everything every exchange
exchanged exchanges expect expire expires expiry extra fee fees find first flat following for free
from full fully get give given go good goods guarantee guaranteed handed happen have help hold hour
hours hundred in include included information initial intact issue issued item items keep kept know
label last lasts leave legal length less let level limit link long longer lose lost made mail make
may maximum mean method minute minutes money month more most much must need needs never new night no
note nothing notice number occurs of offer offered on once one only option or order ordered ordering
orders original our out over own owner package packaging packed packing paid parcel parcels part pay
paying payment period person piece place placed placing please policy possible post postage posted
posting prepaid present price product products proof provide purchase purchased purchases quick quickly
reach reached reaches ready receipt receive received receives receiving refund refundable refunded
refunds relevant remain remove repair repaired replace replaced replacement reply report request
respond return returned returning returns right rule rules same see seller send sending sends sent
service ship shipped shipping shipment shop short should show shown simply soon start state stay still
store submit support sure tag tags take takes taken tell terms that then thing things time times to
total unopened unused unworn undamaged until up us use used usually valid validity via wait want
warranty way we week weeks when whole will window wish with within without work working write written
wrote yes you your yours year years calendar business credit whichever whatsoever anyway swap
goodwill simple maximum hear sending cool cooling off satisfied happy try trying guaranty basis
automatically immediately directly normally generally typically currently roughly approximately
someone somebody everyone anyone people anybody everybody kind kinds sort hassle question questions
withdraw withdrawal right rights entitle eligible expiry limits lasting nobody nowhere answer answered
message messages email mails mail lower lowered cheaper drop drops carrier courier company team
transit cash cashed cashing cashable deal means two three four five six seven eight nine ten
mark marked something using another size sizes colour colours bank buyer later because reason reasons yourself even handle handling restock
restocking e-mail arrival promise promises non returnable cancellable expense subject sell sold
breaks manufacturer manufacturers material
materials workmanship manufacturing amount money value sum deductible appear leaving
""")
"""What any clause of any shop may say, whatever it is about."""
DISTINGUISHING_WORDS: Final = parse_word_list(
    "first second third next further additional else other earlier"
)
"""Plain words that make a case of their own all the same."""


@dataclass(frozen=True)
class Circumstances:
    """What sets a case apart, by stems and names, and the reasons it is for."""

    things: frozenset[str] = frozenset()
    reasons: frozenset[str] = frozenset()

    def __or__(self, other: Circumstances) -> Circumstances:
        return Circumstances(self.things | other.things, self.reasons | other.reasons)

    def is_same_as(self, other: Circumstances) -> bool:
        """Whether things are the same and there is a reason that both are for."""
        reasons = bool(self.reasons & other.reasons) or self.reasons == other.reasons
        return self.things == other.things and reasons

    def __bool__(self) -> bool:
        return bool(self.things or self.reasons)


def parse_circumstances(text: str, *, unnamed: bool = True) -> Circumstances:
    """What a sentence or a heading is about, beyond what every clause is about.

    Without ``unnamed`` only what is known by name counts, and no other word.
    """
    text = EXCEPTION.sub(" ", text)
    reasons, things = set(), set()
    for reason, pattern in _compile_patterns(REASONS):
        text, times = pattern.subn(" ", text)
        reasons.update([reason] if times else [])
    for name, pattern in _compile_patterns(CIRCUMSTANCE_NAMES):
        text, times = pattern.subn(" ", text)
        things.update([name] if times else [])
    unknown = frozenset(_iter_unknown_stems(text)) if unnamed else frozenset()
    return Circumstances(frozenset(things) | unknown, frozenset(reasons))


def _iter_unknown_stems(text: str) -> Iterator[str]:
    for word in split_words(CONTRACTION_ENDING.sub("", text)):
        if word in DISTINGUISHING_WORDS or (
            word not in FUNCTION_WORDS and stem_word(word) not in _get_generic_stems()
        ):
            yield stem_word(word)


@lru_cache(maxsize=1)
def _get_generic_stems() -> frozenset[str]:
    return frozenset(map(stem_word, GENERIC_WORDS - DISTINGUISHING_WORDS))


@lru_cache(maxsize=2)
def _compile_patterns(
    patterns: tuple[tuple[str, str], ...],
) -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple((name, re.compile(pattern, re.IGNORECASE)) for name, pattern in patterns)
