"""In which language a customer wrote: subgroups show what an English encoder costs others."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

# Of 140 languages the rare ones attract short English sentences; shops are written to in these.
LANGUAGES = (
    "en de fr es it nl pt pl sv da no nn fi is cs sk hu ro el tr ru uk bg hr sr sl et lv lt "
    "ga cy ca eu ar he fa hi ur bn ja zh ko vi th id"
).split()
MIN_CONFIDENCE = 0.7
MAX_TEXT_CHARS = 2_000  # characters: more does not change the answer


def identify_language(text: str) -> str:
    """The language as ISO 639-1, or "" where the text is too short or too mixed to say.

    Naive Bayes over byte n-grams: Lui and Baldwin 2012, ACL P12-3005, in py3langid's model.
    """
    language, sure = _load_identifier().classify(text[:MAX_TEXT_CHARS])
    return str(language) if sure >= MIN_CONFIDENCE else ""


@cache
def _load_identifier() -> LanguageIdentifier:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages(LANGUAGES)
    return identifier
