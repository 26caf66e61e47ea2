"""The words by which a number is read, as lists of ``lexicons/number_places.toml``. Pure."""

from __future__ import annotations

from typing import Final

from triage.nlu.lexicon import LEXICONS, load_lexicon
from triage.nlu.number_tokens import Token, WordList

LEXICON: Final = load_lexicon(LEXICONS / "number_places.toml")
ORDER_NOUNS: Final = WordList.build_list(LEXICON["order_noun"])
ORDER_NUMBER_NOUNS: Final = WordList.build_list(LEXICON["order_number_noun"])
NUMBER_WORDS: Final = WordList.build_list(LEXICON["number_word"])
REFERENCE_WORDS: Final = WordList.build_list(LEXICON["reference_word"])
COPULAS: Final = WordList.build_list(LEXICON["copula"])
PAST_COPULAS: Final = WordList.build_list(LEXICON["past_copula"])
BRIDGE_WORDS: Final = WordList.build_list(LEXICON["bridge_word"])
GLUE: Final = WordList.build_list(LEXICON["glue"])
LEAD_WORDS: Final = WordList.build_list(LEXICON["lead_word"])
VERB_LEADS: Final = WordList.build_list(LEXICON["order_as_verb"])
REPLY_MARKS: Final = WordList.build_list(LEXICON["reply_mark"])
LIST_WORDS: Final = WordList.build_list(LEXICON["list_word"])
OTHER_NUMBERS: Final = WordList.build_list(LEXICON["other_number"])
UNSURE_NUMBERS: Final = WordList.build_list(LEXICON["unsure_number"])
MONEY_WORDS: Final = WordList.build_list(LEXICON["money_word"])
PHONE_WORDS: Final = WordList.build_list(LEXICON["phone_word"])
ADDRESS_WORDS: Final = WordList.build_list(LEXICON["address_word"])
PLACE_VERBS: Final = WordList.build_list(LEXICON["place_verb"])
PLACE_PREPOSITIONS: Final = WordList.build_list(LEXICON["place_preposition"])
STREET_WORDS: Final = WordList.build_list(LEXICON["street_ending"])
YEAR_LEADS: Final = WordList.build_list(LEXICON["year_preposition"])
MONTH_NAMES: Final = WordList.build_list(LEXICON["month_name"])
CURRENCY_WORDS: Final = WordList.build_list(LEXICON["currency_word"])
UNITS: Final = WordList.build_list(LEXICON["unit"])
QUANTITY_WORDS: Final = WordList.build_list(LEXICON["quantity_next"])
NO_PLURALS: Final = WordList.build_list(LEXICON["no_plural"])
CURRENCY_CODES: Final = frozenset(LEXICON["currency_code"])
CAPITAL_UNITS: Final = frozenset(LEXICON["capital_unit"])


def is_order_noun(token: Token | None) -> bool:
    """Whether a token is a word for an order, or for its number."""
    return ORDER_NOUNS.has_token(token) or ORDER_NUMBER_NOUNS.has_token(token)
