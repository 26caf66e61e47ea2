"""Is a reply courteous, does it fit the customer's mood, and does it keep to the shop's wording?

Pure. Of our own words alone: a quoted clause or a name may be in capitals. Each doubt has
a name and a reason of its own, so that an agent reads what is wrong and not that "tone" is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from triage.contract.case import Phrase
from triage.contract.step import Check
from triage.guardrails.phrase_patterns import PhraseBook
from triage.nlu.lexicon import load_lexicon

TONE_BOOK: Final = PhraseBook(load_lexicon(Path(__file__).with_name("tone.toml")))
GREETING: Final = TONE_BOOK.compile_list("greeting")
CLOSING: Final = TONE_BOOK.compile_list("closing")
MAX_CLOSING_LINES: Final = 3
SENTENCE_ENDS: Final = (".", "!", "?")
BLAME: Final = TONE_BOOK.compile_list("blame")
SHOUTING: Final = re.compile(r"\b[A-Z]{5,}\b|\b[A-Z]{2,} [A-Z]{2,} [A-Z]{2,}\b|!{2,}|\?{2,}|!\?")
ACKNOWLEDGES: Final = TONE_BOOK.compile_list("acknowledges")
CHEER: Final = re.compile(
    rf"!|{TONE_BOOK.build_pattern('cheer')}|[\U0001F300-\U0001FAFF☺]", re.IGNORECASE
)
UPSET: Final = re.compile(
    rf"(?i:{TONE_BOOK.build_pattern('upset')})|!{{2,}}|\b[A-Z]{{4,}} [A-Z]{{3,}}\b"
)


def check_tone(
    text: str,
    prose: str,
    *,
    urgent: bool,
    message: str,
    phrases: Sequence[Phrase] = (),
    intent: str = "",
) -> Iterator[Check]:
    """The checks of a reply's tone: courtesy, mood, urgency and the shop's wording.

    ``text`` is the whole reply, ``prose`` our own words in it, ``message`` what the customer
    wrote. ``phrases`` are the shop's own rules of wording, ``intent`` the slug they may be
    bound to.
    """
    yield _check_courtesy(text)
    yield _check_absence(BLAME, prose, "blames nobody", "blames the customer")
    yield _check_absence(SHOUTING, prose, "does not shout", "shouts")
    yield _check_urgency(prose, urgent)
    yield _check_mood(prose, urgent, message)
    yield _check_wording(text, prose, [p for p in phrases if p.intent in ("", intent)])


def find_missing_phrases(text: str, phrases: Sequence[Phrase], intent: str) -> list[str]:
    """The whole sentences that a reply has to contain and does not.

    Required phrases shorter than a sentence are left out: nobody could add those for a writer.
    """
    return [
        phrase.text
        for phrase in phrases
        if phrase.required
        and phrase.intent in ("", intent)
        and phrase.text.endswith(SENTENCE_ENDS)
        and not _contains_phrase(phrase.text, text)
    ]


def _check_courtesy(text: str) -> Check:
    lines = text.strip().splitlines() or [""]
    missing = [
        what
        for what, there in (
            ("greeting", GREETING.search(lines[0])),
            ("closing", CLOSING.search("\n".join(lines[-MAX_CLOSING_LINES:]))),
        )
        if not there
    ]
    return Check(
        name="tone: greets and closes",
        passed=not missing,
        because=f"no {' and no '.join(missing)}" if missing else "",
    )


def _check_absence(pattern: re.Pattern[str], prose: str, name: str, because: str) -> Check:
    found = pattern.search(prose)
    return Check(
        name=f"tone: {name}",
        passed=found is None,
        value=found.group() if found else "",
        because=f"{because}: “{found.group()}”" if found else "",
    )


def _check_urgency(prose: str, urgent: bool) -> Check:
    return Check(
        name="tone: fits the urgency",
        passed=not urgent or ACKNOWLEDGES.search(prose) is not None,
        value="urgent" if urgent else "not urgent",
        because="the ticket is urgent, and the reply neither says so nor apologises",
    )


def _check_mood(prose: str, urgent: bool, message: str) -> Check:
    anger = UPSET.search(message)
    cheer = CHEER.search(prose) if urgent or anger else None
    why = f"the customer writes “{anger.group()}”" if anger else "the ticket is urgent"
    return Check(
        name="tone: fits the mood",
        passed=cheer is None,
        value=cheer.group() if cheer else "",
        because=f"{why}, and the reply is cheerful: “{cheer.group()}”" if cheer else "",
    )


def _check_wording(text: str, prose: str, phrases: Sequence[Phrase]) -> Check:
    """Whether required phrases stand in the reply and forbidden ones not in our own words.

    Quoted clauses may contain what is forbidden, and count for what is required.
    """
    broken = [
        _format_phrase_rule(phrase)
        for phrase in phrases
        if _contains_phrase(phrase.text, text if phrase.required else prose) is not phrase.required
    ]
    return Check(
        name="tone: the shop's wording",
        passed=not broken,
        value=f"{len(phrases)} phrases",
        threshold="; ".join(map(_format_phrase_rule, phrases)),
        because="; ".join(broken),
    )


def _format_phrase_rule(phrase: Phrase) -> str:
    return f"{'has to' if phrase.required else 'must not'} say “{phrase.text}”"


def _contains_phrase(phrase: str, text: str) -> bool:
    """Whether a text has the phrase as whole words, in capitals or not."""
    words = r"\s+".join(map(re.escape, phrase.split()))
    return re.search(rf"(?<!\w){words}(?!\w)", text, re.IGNORECASE) is not None
