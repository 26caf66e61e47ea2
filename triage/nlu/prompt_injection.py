"""Whether a message speaks to the machine, or orders about the shop's own decisions.

Pure. Nothing in a message can move an amount or an approver, so nothing rests on this being
complete: it only sends such a message to more people, and tells them. Requests that any
customer makes ("please refund me") are none of it, however strongly they are put.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from itertools import takewhile
from typing import Final

from triage.contract.case import Case, InjectionReading
from triage.contract.outputs import MachineOrder
from triage.nlu.document import Document
from triage.nlu.lexicon import LEXICONS, load_groups
from triage.nlu.machine_orders import find_machine_orders
from triage.nlu.sentences import cut_sentences

MAX_TEXT_CHARS: Final = 20_000
MAX_QUOTED_CHARS: Final = 300
RULES: Final = "rules"
READS_LIKE_ORDERS: Final = "it reads like orders to the machine"
NOT_LOOKED_FOR: Final = "its orders to the machine were looked for by rules alone"
PARAGRAPH: Final = re.compile(r"\n\s*\n")
SAID: Final = load_groups(LEXICONS / "prompt_injection.toml", plain_spaces=True)
NEARBY: Final = r"[^.?!\n]"
SAME_REQUEST: Final = r"[^?!\n]"
REPLY: Final = rf"{SAID['reply']}\b"
PRIVATE_DATA: Final = rf"\b{SAID['private']}\b"
ACCOUNT: Final = r"[A-Z]{2}\d\d ?[A-Z0-9]{4} ?[A-Z0-9]{4}"
EXTERNAL_ADDRESS: Final = rf"(?:\S+@\S+\.\w|https?://|www\.|website|{ACCOUNT})"
INJECTION_SIGNS: Final = {
    "it tells the machine to leave its rules aside": (
        rf"(?<!n['’]t )(?<!not )\b{SAID['set_aside']}\s+(?:{SAID['qualifier']}\s+){{0,5}}"
        rf"{SAID['rule_noun']}\b",
        rf"\b{SAID['forget']} {SAID['everything']}\b{NEARBY}{{0,30}}\b{SAID['told_before']}\b",
        rf"\b{SAID['new_rules']}\s*:|\b{SAID['prompt_edge']}\b",
        rf"(?m:(?:^|[.!?:,] |\band )(?:please )?{SAID['assume']} )that\b{NEARBY}{{0,60}}"
        rf"\b{SAID['assumed']}\b",
        rf"\b{SAID['outranks']} (?:all |any )?{SAID['outranked']}",
        rf"\b{SAID['policy_changed']}\b{NEARBY}{{0,40}}\b{SAID['reads']}\s*:",
        rf"\bignorier\w* (?:\w+ ){{0,4}}{SAID['german_rules']}",
        rf"\b{SAID['french_ignore']} (?:\w+ ){{0,4}}{SAID['french_rules']}\b",
        rf"\bignor[ae]\w* (?:\w+ ){{0,4}}{SAID['romance_rules']}\b",
        rf"\bzignoruj\w* (?:\w+ ){{0,4}}{SAID['polish_rules']}",
    ),
    "it speaks to a machine": (
        rf"(?<!that )(?<!think )(?<!if )\b(?:{SAID['you_are']}|you're) (?:now )?"
        rf"(?:{SAID['article']} )?(?:{SAID['machine_kind']} )?{SAID['machine']}\b",
        rf"\b{SAID['mode']} mode\b(?={NEARBY}{{0,12}}\b{SAID['mode_on']}\b)",
        rf"<\|?{SAID['turn_tag']}\|?>|\[/?{SAID['bracket_tag']}\]|<<sys>>",
        rf"(?m:^[\W_]{{0,6}}{SAID['turn_name']}(?: {SAID['turn_kind']})?\s*:)",
        rf"\b{SAID['note']} (?:from [^.?!:\n]{{1,40}} )?(?:to|for) the {SAID['note_reader']}\b"
        rf"{NEARBY}{{0,40}}:",
        rf"\b{SAID['earlier_turn']} (?:of|by|from) (?:the )?{SAID['turn_author']}\b",
        rf"\b{SAID['foreign_note']}\b",
        rf"\b{SAID['foreign_you_are']}\b{NEARBY}{{0,30}}{SAID['foreign_machine']}\b",
        rf"[\"']{SAID['call_field']}[\"']\s*:|[{{$][{{%]\s*{SAID['template_order']}",
        rf"\b{SAID['write_verb']}\b{SAME_REQUEST}{{0,160}}\b{SAID['preposition']} {REPLY}",
        rf"\b{SAID['write_verb']}\b{SAME_REQUEST}{{0,20}}\b{REPLY} {SAID['reply_way']}\b",
        rf"\bin {REPLY},? (?:please )?{SAID['reply_verb']}\b",
    ),
    "it gives an approval": (
        rf"\b{SAID['field']}\s*(?:=|:=|:|is set to)\s*\S",
        rf"\bset\s+(?:the\s+)?{SAID['field_to_set']}\b{NEARBY}{{0,30}}\b(?:to|=)\s",
        rf"\b{SAID['mark']} (?:{SAID['marked']}|(?:the|my) \w+) as (?:(?:pre|already|auto)[- ]?)?"
        rf"{SAID['settled']}\b",
        rf"\b{SAID['no_need']} (?:{SAID['review_kind']} )*{SAID['review']}\b",
        rf"\b{SAID['granted']} by (?:{SAID['our']} )?{SAID['boss']}\b",
        rf"\bapproved by \w+, (?:{SAID['named_boss_lead']} )?{SAID['named_boss']}\b",
        r"\breceipt step\s*=|\bchecks?\s*=\s*passed\b|\bactor\s*=\s*\w",
        rf"\binternal note\b{NEARBY}{{0,40}}\bnot {SAID['shown']}\b",
        rf"\b{SAID['limit']}\b|\blet \w+ approve\b|\b{SAID['conditions']}",
        rf"\b{SAID['apply_rule']} [“\"']?[\w.@-]+",
        rf"\b{SAID['german_approved']}\b{NEARBY}{{0,40}}\b{SAID['german_now']}\b",
        rf"\b{SAID['foreign_unchecked']}\b",
    ),
    "it asks for what is private, or to be sent elsewhere": (
        rf"\b{SAID['tell']}\b{SAME_REQUEST}{{0,120}}{PRIVATE_DATA}{SAME_REQUEST}{{0,160}}"
        rf"{EXTERNAL_ADDRESS}",
        rf"\b{SAID['send']}\b{SAME_REQUEST}{{0,60}}{EXTERNAL_ADDRESS}{SAME_REQUEST}{{0,160}}"
        rf"{PRIVATE_DATA}",
        rf"\b{SAID['pay_out']}\b{NEARBY}{{0,60}}\bto (?!my |our ){NEARBY}{{0,40}}{ACCOUNT}",
        rf"\bsend a transaction\b|\b{SAID['visit']} {SAID['place']}\b",
    ),
    "it hides something": (
        r"[\u200b\u2060-\u2064\U000e0000-\U000e007f\u202a-\u202e\u2066-\u2069]{2,}",
        r"[\U000e0020-\U000e007e]|(?:[\u200b\u2060][^\u200b\u2060]{1,3}){8}",
        r"<!--|\b(?:decode|base64)\b[^\n]{0,60}[A-Za-z0-9+/=]{40}",
    ),
}
INJECTION_PATTERNS: Final = {
    why: re.compile("|".join(signs), re.IGNORECASE) for why, signs in INJECTION_SIGNS.items()
}


def find_injection_signs(text: str) -> tuple[str, ...]:
    """Why the text looks like instructions to the machine, a few words each; empty for no."""
    read = text[:MAX_TEXT_CHARS]
    signs = [why for why, pattern in INJECTION_PATTERNS.items() if pattern.search(read)]
    return tuple(dict.fromkeys([*signs, *find_machine_orders(Document.read(read))]))


def list_machine_orders(case: Case) -> tuple[MachineOrder, ...]:
    """The orders to the machine in the message of a case, by rules and by model, with the
    sentences that give them.
    """
    message = f"{case.subject}\n{case.text}"
    signs = find_injection_signs(message)
    told = _find_sentences(message) if signs else {}
    return (
        *(MachineOrder(because=why, found_by=RULES, words=told.get(why, "")) for why in signs),
        *_iter_heard_orders(case.injected),
    )


def _find_sentences(message: str) -> dict[str, str]:
    """By sign, the first sentence that has it by itself."""
    found: dict[str, str] = {}
    for sentence in list_sentences(message):
        for why in find_injection_signs(sentence):
            found.setdefault(why, _shorten(sentence))
    return found


def _iter_heard_orders(heard: InjectionReading | None) -> Iterator[MachineOrder]:
    if heard is None:
        yield MachineOrder(because=NOT_LOOKED_FOR, found_by=RULES)
        return
    for sentence in heard.sentences:
        words = _shorten(sentence)
        yield MachineOrder(because=READS_LIKE_ORDERS, found_by=heard.model, words=words)


def _shorten(sentence: str) -> str:
    said = " ".join(sentence.split())
    return said if len(said) <= MAX_QUOTED_CHARS else f"{said[: MAX_QUOTED_CHARS - 2]} …"


def remove_injections(text: str, injected: Collection[str] = ()) -> str:
    """Each paragraph up to the first sentence that instructs the machine or is among
    ``injected``: what follows belongs to it.

    Empty where what is left still does, or nothing is left.
    """
    parts = PARAGRAPH.split(text[:MAX_TEXT_CHARS])
    kept = "\n\n".join(_cut_at_injection(part, injected) for part in parts)
    return "" if find_injection_signs(kept) else kept.strip()


def list_sentences(text: str) -> list[str]:
    """The sentences as `remove_injections` reads them, none of them blank."""
    parts = PARAGRAPH.split(text[:MAX_TEXT_CHARS])
    return [sentence for part in parts for sentence in cut_sentences(part) if sentence.strip()]


def keep_plain_paragraphs(text: str) -> str:
    """The paragraphs in which nothing instructs the machine, "" where there is none."""
    parts = PARAGRAPH.split(text[:MAX_TEXT_CHARS])
    return "\n\n".join(part for part in parts if not find_injection_signs(part))


def _cut_at_injection(paragraph: str, injected: Collection[str]) -> str:
    def is_plain(sentence: str) -> bool:
        return sentence not in injected and not find_injection_signs(sentence)

    return " ".join(takewhile(is_plain, cut_sentences(paragraph)))
