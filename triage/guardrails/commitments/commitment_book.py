"""The one lexicon of commitments: ``lexicon.toml``, and the patterns made of its lists."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from triage.guardrails.phrase_patterns import PhraseBook
from triage.nlu.lexicon import load_lexicon

AMOUNT_MARK: Final = "¤"
"""What stands for an amount while a sentence is read."""
FOREIGN_LANGUAGES: Final = ("german", "french", "spanish", "italian_and_dutch")
LISTS: Final = load_lexicon(Path(__file__).with_name("lexicon.toml"))
COMMITMENT_BOOK: Final = PhraseBook(LISTS)
FOREIGN_BOOK: Final = PhraseBook(LISTS, any_apostrophe=False)
"""Of other languages only straight apostrophes are read, as normalized text has them."""
