"""Signs that something of an order is left out, where it was read as asked for, or all was.

Pure, English. "Don't refund the lamp", "whatever isn't a lamp", "take it all back; we do want the
lamp": no reader of exceptions knows all of these, and none of these has to be understood to see
that what was read is in doubt.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Final

from triage.nlu.item_reading import Reading, Sign, find_phrases, has_any, has_phrase
from triage.nlu.item_sentences import (
    MAX_WORDS_TO_NAME,
    ItemSentence,
    Mention,
    is_filler,
    read_count,
)
from triage.nlu.kept_items import tells_of_success
from triage.nlu.lexicon import LEXICONS, load_lexicon
from triage.nlu.spoken_words import PhraseTable, Sentence, load_phrase_tables

LISTS: Final = {
    name: frozenset(words)
    for name, words in load_lexicon(LEXICONS / "left_out_doubts.toml").items()
}
MAX_WORDS_TO_KEPT: Final = 7
TABLES: Final = load_phrase_tables(LEXICONS / "left_out_doubts.toml")


def _is_taken_back(reading: Reading, line: ItemSentence) -> bool:
    """As in "don't refund the lamp", "leave the lamp out of it"."""
    if reading.read.counted:
        return False
    denied = [
        at for at in find_phrases(line, TABLES["taken_back"]) if not _is_other_kept(line.words, at)
    ]
    if has_phrase(line, TABLES["refunded"]) and not names_all(line):
        denied += find_phrases(line, TABLES["unwanted"])
    nearest = (line.find_nearest(at) for at in denied)
    return any(each is not None and each.place in reading.asked for each in nearest)


def denies_something(line: ItemSentence) -> bool:
    """Whether a request is denied in a sentence, or something kept: whatever it is."""
    return has_phrase(line, TABLES["taken_back"]) or has_phrase(line, TABLES["unwanted"])


def names_all(line: ItemSentence) -> bool:
    """Whether words for all, or for the rest, stand in a sentence, whatever is said of them."""
    return has_phrase(line, TABLES["all_else"]) or has_phrase(line, TABLES["remainder"])


def _is_other_kept(words: Sentence, at: int) -> bool:
    """As in "I can't keep the lamp", "the other one I keep", "keep the rest"."""
    before = words[max(0, at - MAX_WORDS_TO_NAME) : at]
    near = [*before, *words[at + 1 : at + 1 + MAX_WORDS_TO_NAME]]
    keeps = words[at].text in LISTS["kept"]
    if keeps and at + 1 < len(words) and words[at + 1].text.endswith("ing"):
        return True  # "keeps losing its signal"
    return keeps and (has_any(before, LISTS["denying"]) or has_any(near, LISTS["rest"]))


def _is_unread_all(reading: Reading, line: ItemSentence) -> bool:
    """As in "whatever isn't a pillow", where the pillow was taken for what is asked for."""
    if reading.read.all_asked or len(reading.read.items) == 1:
        return False
    if has_phrase(line, TABLES["all_foreign"]):
        return True
    if has_phrase(line, TABLES["none_of_it"]):
        return True
    if has_any(line.words, LISTS["pleased"]):
        return False
    if tells_of_success(line.words) and not reading.has_request(line):
        return False
    if _means_all(reading, line, TABLES["remainder"]):
        return not (line.tells_of_trouble and reading.names_what_is_asked)
    return _is_told_of_all(reading, line) and _means_all(reading, line, TABLES["all_else"])


def _is_told_of_all(reading: Reading, line: ItemSentence) -> bool:
    """Whether something is asked for in a sentence, or told that may ask for it."""
    if reading.has_request(line) or has_any(line.words, LISTS["told_of_all"]):
        return True
    return line.tells_of_trouble and not reading.names_what_is_asked


def _means_all(reading: Reading, line: ItemSentence, table: PhraseTable) -> bool:
    return any(_is_all_of_order(reading, line, table, at) for at in find_phrases(line, table))


def _is_all_of_order(reading: Reading, line: ItemSentence, table: PhraseTable, at: int) -> bool:
    """Whether a word for all may stand for all of the order, and is asked for."""
    words = line.words
    behind = at + table.match_length(words, at)
    if TABLES["all_of_one"].match_length(words, behind):
        return False
    near = words[max(0, at - MAX_WORDS_TO_NAME) : at]
    about = words[max(0, at - MAX_WORDS_TO_KEPT) : behind + MAX_WORDS_TO_KEPT]
    if has_any(near, LISTS["denying"]) or has_any(about, LISTS["kept"]):
        return False
    if reading.read.counted and words[at].text in LISTS["rest"]:
        return False
    if has_any(near, LISTS["sending"]) and "back" not in {word.text for word in words}:
        return False  # "leave out the flask and send everything else"
    if words[at].text != "all":
        return True
    if at and words[at - 1].text in LISTS["before_idiom"]:
        return False
    named = [m for m in line.mentions if m.first >= behind and is_filler(words[behind : m.first])]
    return not any(each.place in reading.asked for each in named)


def _is_told_apart(reading: Reading, line: ItemSentence) -> bool:
    """As in "Take it all back. We do want the spatulas."."""
    read = reading.read
    if not read.all_asked or read.some_kept or read.counted or not line.places & reading.asked:
        return False
    if line.tells_of_trouble or has_any(line.words, LISTS["joined_too"]):
        return False
    if any(_means_all(reading, line, TABLES[name]) for name in ("all_else", "remainder")):
        return False
    return has_any(line.words, LISTS["apart"]) and not reading.named >= reading.asked


def _is_called_off(reading: Reading, line: ItemSentence) -> bool:
    """As in "So never mind!"."""
    places = find_phrases(line, TABLES["called_off"])
    return any(not _goes_on_with_else(line.words, at) for at in places)


def _goes_on_with_else(words: Sentence, at: int) -> bool:
    """As in "keeping everything else"."""
    behind = at + TABLES["called_off"].match_length(words, at)
    return behind < len(words) and words[behind].text in {"else", "but", "except"}


def _is_other_way(reading: Reading, line: ItemSentence) -> bool:
    """As in "Only two of the chairs held up. Please refund the other two.", "apart from the shirts
    nothing needs refunding", where all but those were taken.
    """
    if not reading.read.all_asked:
        return False
    said = [word.text for word in line.words]
    if any(one == "other" and read_count(two) for one, two in pairwise(said)):
        return bool(reading.named)
    if not reading.read.some_kept:
        return bool(reading.named) and has_phrase(line, TABLES["all_of_them"])
    return has_phrase(line, TABLES["none_needed"])


def _is_part_kept(reading: Reading, line: ItemSentence) -> bool:
    """As in "I keep one of the towels", "they are on the bike": where all towels, or a bike
    helmet, were left out.
    """
    left_out = [each for each in line.mentions if each.place not in reading.asked]
    return reading.read.some_kept and any(_is_part(reading, line, each) for each in left_out)


def _is_part(reading: Reading, line: ItemSentence, each: Mention) -> bool:
    if sum(each.place in other.places for other in reading.lines) > 1:
        return False
    left = reading.read.items[each.place].left
    before = line.words[max(0, each.first - MAX_WORDS_TO_NAME) : each.first]
    counts = [count for count in line.list_counts(each.place, left) if count < left]
    few = bool(counts) or has_any(before, LISTS["few"])
    where = len(before) > 1 and before[-2].text in LISTS["upon"] and before[-1].text == "the"
    return where or (few and left > 1)


SIGNS: Final[tuple[Sign, ...]] = (
    _is_taken_back,
    _is_unread_all,
    _is_told_apart,
    _is_called_off,
    _is_other_way,
    _is_part_kept,
)
