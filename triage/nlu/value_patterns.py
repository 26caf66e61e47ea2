"""How values look in free text: days, sums of money, links, addresses, phone numbers.

Pure. Every pattern is bounded, as the text may be anybody's.
"""

from __future__ import annotations

import re
from typing import Final

from triage.nlu.document import MAX_WORD_CHARS
from triage.nlu.lexicon import LEXICONS, load_groups

LETTERS_OR_DIGITS: Final = re.compile(r"[^\W\d_](?:[^\W\d_]|[\u0300-\u036f])*|\d+")
"""A run of letters, with the accents that stand after them, or one of digits."""
YEAR: Final = re.compile(r"(?:19|20)\d\d")

MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
MONTH: Final = load_groups(LEXICONS / "orders.toml", plain_spaces=True)["month"]
UNIT: Final = r"(?:gbp|eur|usd|chf|pounds?|euros?|dollars?)"
MONEY: Final = rf"(?:[£€$₹]|{UNIT})"
SUM: Final = r"\d(?:[\d.,]{0,14}\d)?(?:(?:k|mn?|bn)(?!\w)|\s(?:thousand|million|billion)(?!\w))?"
SUMS: Final = rf"{SUM}(?:[-–]{SUM})?"
SPACED_SUM: Final = r"\d{1,3}(?:[ \xa0\u202f'’]\d{3}){1,4}(?:[.,]\d\d)?"
VALUE_START: Final = r"(?<!\w)(?<!\d[.,/:-])"
VALUE_END: Final = r"(?!\w|[.,/:-]\d)"
DAY: Final = r"\d\d?(?:st|nd|rd|th|\.)?"
DATE: Final = (
    rf"{VALUE_START}(?:\d{{4}}[-/]\d\d?[-/]\d\d?|\d\d?-\d\d?-\d{{4}}"
    r"|\d\d?\.\d\d?\.(?:\d{4}|\d\d)|\d\d?/\d\d?/(?:\d{4}|\d\d)"
    rf"|{DAY}(?: of)?\s{MONTH}(?:[.,]?\s{YEAR.pattern})?"
    rf"|{MONTH}\.?\s\d\d?(?:st|nd|rd|th)?(?:,?\s{YEAR.pattern})?){VALUE_END}"
)
LINK: Final = rf"(?<!\w)(?:https?://|www\.)\S{{1,{MAX_WORD_CHARS}}}"
MAIL: Final = rf"(?<![\w.+-])[\w.+-]{{1,{MAX_WORD_CHARS}}}@(?:[\w-]{{1,63}}\.){{1,8}}\w{{1,24}}"
PHONE: Final = r"(?<!\w)(?:\+\d|0\d)[\d ()/-]{6,30}\d(?!\w)"
AMOUNT: Final = (
    rf"(?:[£€$₹]|(?<!\w){UNIT})\s?{SUMS}(?!\w|[.,–-]\d)"
    rf"|(?<!\w)(?<!\d[.,])(?:{SPACED_SUM}|{SUMS})\s?{MONEY}(?!\w)"
)
