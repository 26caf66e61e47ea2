"""Commitments in German, French, Spanish, Italian and Dutch, by a few words each and on the safe
side.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class LanguagePatterns:
    """``gives`` is what speaks of money back, ``excuses`` what denies, asks or puts it off,
    ``done`` what says that it was paid.
    """

    gives: re.Pattern[str]
    excuses: re.Pattern[str]
    done: re.Pattern[str]


def _compile_language(gives: str, excuses: str, done: str) -> LanguagePatterns:
    return LanguagePatterns(*(re.compile(words, re.IGNORECASE) for words in (gives, excuses, done)))


LANGUAGES: Final = (
    _compile_language(
        r"erstatt\w*|gutschrift\w*|gutgeschrieben|schreiben ihnen\b.*\bgut\b|zurück(?:ge|zu|über)?\w*(?:zahl|weis|wies|überweis|buch)\w*"
        r"|zahlen ihnen\b.*\bzurück|\bgeld\b.*\bzurück|überweisen ihnen|\bgutschein\w*|entschädig\w*",
        r"\bnicht\b|\bkein\w*\b|\bob\b|prüf\w*|gebeten\b|möchten\b|wünsch\w*|\b(?:an)?frage\w*\b|\bantrag\b|\bwird noch\b|\bmuss\b.*\bgenehmig|entscheide\w*|entschieden\b|\?",
        r"\b(?:haben|wurde|worden|ist)\b|unterwegs|veranlasst",
    ),
    _compile_language(
        r"\brembours\w*|\bbon d'achat|\bavoir de\b|\bun avoir\b|\brend\w* votre argent|\bargent\b.*\brend|\bindemnis\w*|\bdédommag\w*|\bcrédit(?:é|er|ons)\w*",
        r"\bn'|\bne\b|\bpas\b|impossible|\bdemande\b|souhait\w*|voulez|à l'étude|examin\w*|étudi\w*|\bsi\b|décid\w*|politique|\?",
        r"\b(?:avons|été|effectué\w*)\b|en (?:route|chemin)",
    ),
    _compile_language(
        r"\breembols\w*|\bdevolver\w*|\bdevuelt\w*|\bdevolvi\w*|\bdinero\b|\babon(?:o|aremos|ado|amos)\b|\bvale de\b|\bcompensa(?:r|ción|remos)\w*",
        r"\bno\b|solicitud\w*|revisi\w*|revisando|\bpid\w*|dese\w*|quier\w*|\bsi\b|decid\w*|política|\?",
        r"\b(?:hemos|sido|ha)\b|en camino",
    ),
    _compile_language(
        r"\brimbors\w*|\brestitui\w* .*(?:importo|denaro)|\bterugbeta\w*|\bterugbetaling\w*|\bgeld terug\b|\btegoedbon\w*",
        r"\bnon\b|richiest\w*|esame|\bse\b|\bniet\b|\bgeen\b|verzoek|beoorde\w*|\bof\b|gevraagd|\?",
        r"\b(?:abbiamo|stato|hebben|is)\b",
    ),
)


def is_about_money_back(text: str) -> bool:
    """Whether a text of one of these languages speaks of money back."""
    return any(language.gives.search(text) for language in LANGUAGES)


def detect_foreign_commitment(sentence: str) -> str:
    """What a sentence commits to: "nothing", "granted" or "paid", the values of
    ``detector.CommitmentLevel``.
    """
    for language in LANGUAGES:
        if language.gives.search(sentence) and not language.excuses.search(sentence):
            return "paid" if language.done.search(sentence) else "granted"
    return "nothing"
