"""The words that the checks of claims look for: ``lexicon.toml`` and its patterns."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from triage.guardrails.phrase_patterns import PhraseBook
from triage.nlu.lexicon import load_lexicon

CLAIM_BOOK: Final = PhraseBook(load_lexicon(Path(__file__).with_name("lexicon.toml")))
