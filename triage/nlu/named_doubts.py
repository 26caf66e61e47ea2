"""Signs that other items are asked for than those that were read, or another number of them.

Pure, English. "Refund the pillow or the throw", "the rug too", "one snapped, refund all three":
that what was read does not fit such a sentence is seen without reading it any better.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise, takewhile
from typing import Final

from triage.nlu.item_names import NUMBER_WORDS, is_plural
from triage.nlu.item_reading import Reading, Sign, find_phrases, has_any, has_phrase
from triage.nlu.item_sentences import (
    BOTH,
    MAX_WORDS_TO_NAME,
    ItemSentence,
    Mention,
    is_both,
    is_filler,
    tells_of_trouble,
)
from triage.nlu.left_out_doubts import denies_something, names_all
from triage.nlu.lexicon import LEXICONS, load_lexicon
from triage.nlu.spoken_words import Sentence, SpokenWord, load_phrase_tables
from triage.nlu.whole_order import MARKS

LISTS: Final = {
    name: frozenset(words) for name, words in load_lexicon(LEXICONS / "named_doubts.toml").items()
}
TABLES: Final = load_phrase_tables(LEXICONS / "named_doubts.toml")
MAX_WORDS_BETWEEN_ITEMS: Final = 8


def _is_undecided(reading: Reading, line: ItemSentence) -> bool:
    """As in "or maybe the pillows", "Actually, the throw too."."""
    begins = TABLES["rethought"].match_length(line.words, 0) > 0
    return bool(line.places or reading.has_request(line)) and (
        begins or has_phrase(line, TABLES["undecided"])
    )


def _is_by_place(reading: Reading, line: ItemSentence) -> bool:
    return len(reading.named) > 1 and has_phrase(line, TABLES["by_place"])


def _is_told_beside(reading: Reading, line: ItemSentence) -> bool:
    """As in "the jumper shrank to the size of a sock": two are asked for, one is no part of it."""
    if reading.read.all_asked or len(reading.asked) == 1 or reading.says_both:
        return False
    return any(_is_aside(reading, line, one) for one in line.places & reading.asked)


def _is_aside(reading: Reading, line: ItemSentence, place: int) -> bool:
    """Whether nothing but this sentence names the item, and only beside another thing."""
    if sum(place in each.places for each in reading.lines) > 1:
        return False
    mention = next(each for each in line.mentions if each.place == place)
    if any(_is_listed(line.words, mention, each) for each in line.mentions):
        return False
    before = next((m for m in reversed(line.mentions) if m.last <= mention.first), None)
    if before is None:
        return not (line.tells_of_trouble or reading.has_request(line))
    if has_any(line.words[mention.last : mention.last + 1], LISTS["verb"]):
        return False  # "the hose leaks, the lanterns don't light": it is told of by itself
    joined = has_any(line.words[before.last : mention.first], LISTS["and"])
    behind = line.words[before.last if joined else mention.last :]
    return not tells_of_trouble(behind) and not _begins_request(reading, behind)


def _begins_request(reading: Reading, words: Sequence[SpokenWord]) -> bool:
    if not words:
        return False
    return any(words[0].start <= first < words[-1].end for first, _ in reading.requests)


def _is_listed(words: Sentence, one: Mention, other: Mention) -> bool:
    """Whether two items stand in one list."""
    if other.place == one.place:
        return False
    first, last = sorted((one, other), key=lambda each: each.first)
    between = words[first.last : last.first]
    joined = any(word.text in LISTS["list_marks"] for word in between)
    if joined and len(between) <= MAX_WORDS_BETWEEN_ITEMS and is_filler(between):
        return True
    described = has_any(between[:1], LISTS["and"]) and len(between) <= MAX_WORDS_TO_NAME
    return described and not has_any(between[1:], LISTS["clause"] | LISTS["verb"])


def _is_either(reading: Reading, line: ItemSentence) -> bool:
    """As in "the pillow or the throw"."""
    ours = [each for each in line.mentions if each.place in reading.asked]
    return any(
        one.place != other.place
        and "or" in {word.text for word in line.words[one.last : other.first]}
        and other.first - one.last <= MAX_WORDS_BETWEEN_ITEMS
        for one, other in pairwise(sorted(ours, key=lambda each: each.first))
    )


def _is_added(reading: Reading, line: ItemSentence) -> bool:
    """As in "The jacket too.", "refund both", where one thing alone was taken."""
    if reading.read.all_asked or reading.read.some_kept:
        return False
    asks = reading.has_request(line) or not line.mentions
    both = asks and any(is_both(line.words, at) for at in range(len(line.words)))
    if reading.pieces < BOTH and both:
        return True
    if denies_something(line) or has_phrase(line, TABLES["other_order"]):
        return False
    added = any(_is_addition(line.words, at) for at in find_phrases(line, TABLES["added"]))
    named = frozenset(m.place for m in line.mentions if not _is_place(line.words, m))
    other = named or (reading.has_request(line) and not line.places and reading.named)
    return added and bool(other and other - reading.asked)


def _is_addition(words: Sentence, at: int) -> bool:
    if words[at].text != "too":
        return True
    return at + 1 == len(words) or words[at + 1].text in MARKS


def _is_other_trouble(reading: Reading, line: ItemSentence) -> bool:
    """As in "The table is cracked. … Please refund the chair as well."."""
    if reading.read.all_asked or reading.read.some_kept:
        return False
    if line.words[0].text in LISTS["subject"] or reading.has_request(line):
        return False
    if names_all(line):
        return False
    if line.places & reading.asked or not line.tells_of_trouble:
        return False
    return any(not _is_place(line.words, each) for each in line.mentions)


def _is_found_by_place(reading: Reading, line: ItemSentence) -> bool:
    """As in "The rug smells. I put it under the table. I want to send it back."."""
    if len(reading.named) == 1 or reading.read.all_asked:
        return False
    return any(_is_only_a_place(reading, line, each) for each in line.mentions)


def _is_only_a_place(reading: Reading, line: ItemSentence, each: Mention) -> bool:
    if each.place not in reading.asked or reading.has_request(line):
        return False
    alone = sum(each.place in other.places for other in reading.lines) == 1
    return alone and _is_place(line.words, each)


def _is_place(words: Sentence, each: Mention) -> bool:
    """Whether an item is told as where something was: "under the table"."""
    before = list(takewhile(lambda w: w.text in LISTS["article"], reversed(words[: each.first])))
    at = each.first - len(before) - 1
    return bool(before) and at >= 0 and words[at].text in LISTS["place"]


def _is_other_number(reading: Reading, line: ItemSentence) -> bool:
    """As in "One band snapped. Refund all three."."""
    if reading.read.counted or denies_something(line):
        return False
    about = {place for place in reading.asked if not line.places or place in line.places}
    items = [(place, reading.read.items[place]) for place in about]
    return any(
        count != item.asked
        for place, item in items
        if item.left > 1
        for count in line.list_counts(place, item.left)
    )


def _is_listed_beside(reading: Reading, line: ItemSentence) -> bool:
    """As in "refund it and also the rug", "the teapot and that box": more than the one named."""
    if reading.read.all_asked or not reading.has_request(line):
        return False
    return any(_is_beside_more(reading, line, each) for each in line.mentions)


def _is_beside_more(reading: Reading, line: ItemSentence, each: Mention) -> bool:
    words = [word.text for word in line.words]
    before = words[max(0, each.first - MAX_WORDS_BETWEEN_ITEMS) : each.first]
    if "and" in before and set(before[: before.index("and")]) & LISTS["it"]:
        return bool(reading.named - reading.asked)
    behind = words[each.last : each.last + 2]
    more = len(behind) == 2 and behind[0] == "and" and behind[1] in LISTS["pointing"]
    return more and all(not 0 <= m.first - each.last <= MAX_WORDS_TO_NAME for m in line.mentions)


def _is_half_of_list(reading: Reading, line: ItemSentence) -> bool:
    """As in "just for the jacket and the cardigan", where the jacket alone was taken."""
    asks = reading.has_request(line) or has_any(line.words, LISTS["just"])
    if reading.read.all_asked or not asks:
        return False
    return any(
        one.place in reading.asked
        and other.place not in reading.asked
        and one.last <= other.first
        and _is_listed(line.words, one, other)
        for one in line.mentions
        for other in line.mentions
    )


def _is_only_one(reading: Reading, line: ItemSentence) -> bool:
    """As in "the tent only", where the bags told beside it were taken too."""
    if len(reading.asked) == 1 or not reading.has_request(line) or denies_something(line):
        return False
    ends = (line.words[each.last : each.last + 1] for each in line.mentions)
    return any(has_any(behind, LISTS["alone"]) for behind in ends)


def _is_told_fine(reading: Reading, line: ItemSentence) -> bool:
    """As in "the bags, the stove and the chairs are all good", where the stove was taken."""
    if reading.read.all_asked or line.tells_of_trouble:
        return False
    for at in find_phrases(line, TABLES["told_fine"]):
        behind = at + TABLES["told_fine"].match_length(line.words, at)
        if has_any(line.words[behind : behind + 1], LISTS["conceding"]):
            continue  # "the tote is ok but the wax is patchy"
        before = [each for each in line.mentions if each.last <= at]
        if before and _is_any_listed(reading, line, before[-1]):
            return True
    return False


def _is_any_listed(reading: Reading, line: ItemSentence, last: Mention) -> bool:
    """Whether what was taken is an item, or one in a list with it."""
    listed = {last.place}
    for each in reversed(line.mentions):
        if any(_is_listed(line.words, each, one) for one in line.mentions if one.place in listed):
            listed.add(each.place)
    return bool(listed & reading.asked)


def _is_one_of_many(reading: Reading, line: ItemSentence) -> bool:
    """As in "my money back for that chair", where three were taken."""
    if not reading.has_request(line):
        return False
    return any(
        reading.read.items[each.place].asked > 1
        and has_any(line.words[max(0, each.first - 1) : each.first], LISTS["this"])
        and not is_plural(line.words[each.last - 1].text)
        for each in line.mentions
    )


def _is_plural_of_one(reading: Reading, line: ItemSentence) -> bool:
    """As in "a refund for the bears", where "one" was said of something else."""
    if reading.read.counted or not reading.has_request(line):
        return False
    return any(_is_plural_alone(reading, line, each) for each in line.mentions)


def _is_plural_alone(reading: Reading, line: ItemSentence, each: Mention) -> bool:
    item = reading.read.items[each.place]
    plural = is_plural(line.words[each.last - 1].text)
    return item.asked == 1 < item.left and plural and not _is_numbered(line.words, each.first)


def _is_numbered(words: Sentence, at: int) -> bool:
    """Whether a number stands right before a word, with no more than articles between."""
    before = takewhile(lambda word: is_filler([word]), reversed(words[:at]))
    return any(word.text.isdigit() or word.text in NUMBER_WORDS for word in before)


SIGNS: Final[tuple[Sign, ...]] = (
    _is_undecided,
    _is_by_place,
    _is_told_beside,
    _is_either,
    _is_added,
    _is_other_trouble,
    _is_found_by_place,
    _is_other_number,
    _is_listed_beside,
    _is_plural_of_one,
    _is_half_of_list,
    _is_only_one,
    _is_told_fine,
    _is_one_of_many,
)
