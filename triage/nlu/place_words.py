"""The words by which a number is read, as lists of ``lexicons/number_places.toml``. Pure."""

from __future__ import annotations

from typing import Final

from triage.nlu.lexicon import LEXICONS, load_lexicon
from triage.nlu.number_tokens import Token, WordList

LEXICON: Final = load_lexicon(LEXICONS / "number_places.toml")
ORDER_NOUNS: Final = WordList.build(LEXICON["order_noun"])
ORDER_NUMBER_NOUNS: Final = WordList.build(LEXICON["order_number_noun"])
NUMBER_WORDS: Final = WordList.build(LEXICON["number_word"])
COPULAS: Final = WordList.build(LEXICON["copula"])
PAST_COPULAS: Final = WordList.build(LEXICON["past_copula"])
BRIDGE_WORDS: Final = WordList.build(LEXICON["bridge_word"])
GLUE: Final = WordList.build(LEXICON["glue"])
LEAD_WORDS: Final = WordList.build(LEXICON["lead_word"])
VERB_LEADS: Final = WordList.build(LEXICON["order_as_verb"])
REPLY_MARKS: Final = WordList.build(LEXICON["reply_mark"])
LIST_WORDS: Final = WordList.build(LEXICON["list_word"])
OTHER_NUMBERS: Final = WordList.build(LEXICON["other_number"])
UNSURE_NUMBERS: Final = WordList.build(LEXICON["unsure_number"])
MONEY_WORDS: Final = WordList.build(LEXICON["money_word"])
PHONE_WORDS: Final = WordList.build(LEXICON["phone_word"])
ADDRESS_WORDS: Final = WordList.build(LEXICON["address_word"])
PLACE_VERBS: Final = WordList.build(LEXICON["place_verb"])
PLACE_PREPOSITIONS: Final = WordList.build(LEXICON["place_preposition"])
STREET_WORDS: Final = WordList.build(LEXICON["street_ending"])
YEAR_LEADS: Final = WordList.build(LEXICON["year_preposition"])
MONTH_NAMES: Final = WordList.build(LEXICON["month_name"])
CURRENCY_WORDS: Final = WordList.build(LEXICON["currency_word"])
UNITS: Final = WordList.build(LEXICON["unit"])
QUANTITY_WORDS: Final = WordList.build(LEXICON["quantity_next"])
NO_PLURALS: Final = WordList.build(LEXICON["no_plural"])
CURRENCY_CODES: Final = frozenset(LEXICON["currency_code"])
CAPITAL_UNITS: Final = frozenset(LEXICON["capital_unit"])


def is_order_noun(token: Token | None) -> bool:
    """Whether a token is a word for an order, or for its number."""
    return ORDER_NOUNS.has(token) or ORDER_NUMBER_NOUNS.has(token)
