"""How drafts do: which questions nobody's text answers, and how ready ones are sent.

Read off receipts of answers and of sendings; nothing here needs a model.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from difflib import SequenceMatcher
from typing import Any, Final

from tickets.models import Message, Receipt
from tickets.statistics import Share
from triage.contract.answers import Blocker
from triage.nlu.content_words import FUNCTION_WORDS, split_words, stem_word
from triage.saved_replies.composing import find_gaps

MAX_RECEIPTS: Final = 2000
MAX_GROUPS: Final = 40
MAX_EXAMPLES: Final = 5
MAX_REPLIES: Final = 2
SAME_WORDS_SHARE: Final = 0.34
"""So much of the words of two questions has to be the same for one group (Jaccard's measure)."""
NEARLY_UNCHANGED_SHARE: Final = 0.1
BLOCKER_WORDS: Final = {
    Blocker.CUSTOMER: "the customer has to tell something",
    Blocker.KNOWLEDGE: "no text of ours says it",
    Blocker.PERSON: "a person has to do or judge it",
    Blocker.CONFLICT: "two texts of ours disagree",
}


@dataclass(frozen=True, kw_only=True)
class Gap:
    """One question that no text answers: the customer's ``words``, the ticket, its label."""

    words: str
    ticket: int
    label: str


@dataclass(frozen=True, kw_only=True)
class GapGroup:
    """Questions alike, newest first, and what people wrote to their customers."""

    label: str
    gaps: tuple[Gap, ...]
    replies: tuple[str, ...]

    @property
    def examples(self) -> tuple[Gap, ...]:
        """The newest, each wording once."""
        return tuple({gap.words.casefold(): gap for gap in self.gaps}.values())[:MAX_EXAMPLES]


def find_gap_groups(since: datetime) -> list[GapGroup]:
    """What was asked since then and has no answer, in groups, the largest first."""
    groups: list[tuple[str, frozenset[str], list[Gap]]] = []
    for gap in _iter_gaps(since):
        stems = _list_stems(gap.words)
        fitting = (g for g in groups if g[0] == gap.label and _is_alike(stems, g[1]))
        group = next(fitting, None)
        if group is None:
            groups.append((gap.label, stems, [gap]))
        else:
            group[2].append(gap)
    groups.sort(key=lambda group: -len(group[2]))
    shown = groups[:MAX_GROUPS]
    replies = _load_replies({gap.ticket for _, _, gaps in shown for gap in gaps})
    return [_build_group(label, gaps, replies) for label, _, gaps in shown]


def _build_group(label: str, gaps: Sequence[Gap], replies: Mapping[int, str]) -> GapGroup:
    written = (replies[gap.ticket] for gap in gaps if gap.ticket in replies)
    once = tuple(dict.fromkeys(written))[:MAX_REPLIES]
    return GapGroup(label=label, gaps=tuple(gaps), replies=once)


def _iter_gaps(since: datetime) -> Iterator[Gap]:
    """The open questions of the newest reading of each ticket."""
    seen = set[int]()
    for receipt in _query_answers(since):
        if receipt.ticket_id in seen:
            continue
        seen.add(receipt.ticket_id)
        for item in receipt.output.get("items", ()):
            if item["blocker"] in (Blocker.KNOWLEDGE, Blocker.PERSON) and not item["source"]:
                label = receipt.ticket.label_name
                yield Gap(words=item["words"], ticket=receipt.ticket_id, label=label)


def _query_answers(since: datetime) -> Iterable[Receipt]:
    rows = Receipt.objects.filter(step="answer", at__gte=since).select_related("ticket")
    return rows.only("output", "ticket__label_name").order_by("-seq")[:MAX_RECEIPTS]


def _load_replies(tickets: set[int]) -> dict[int, str]:
    """What was sent last on each of the tickets."""
    sent = Message.objects.filter(ticket__in=tickets, direction=Message.Direction.OUT)
    return dict(sent.order_by("pk").values_list("ticket", "text"))


def _list_stems(words: str) -> frozenset[str]:
    return frozenset(stem_word(w) for w in split_words(words) if w not in FUNCTION_WORDS)


def _is_alike(one: frozenset[str], other: frozenset[str]) -> bool:
    return len(one & other) >= SAME_WORDS_SHARE * max(1, len(one | other))


@dataclass(frozen=True, kw_only=True)
class Readiness:
    """How drafts fared: by label how many were ``ready``, partly written or left to a person, and
    of the ready ones sent how many left ``nearly_unchanged``. ``gaps_filled`` are replies sent in
    which a person had written what was missing; ``blockers`` say why questions stayed open, the
    most frequent first, with how many.
    """

    label: str
    ready: int
    partly: int
    findings: int
    nearly_unchanged: Share
    gaps_filled: int
    blockers: tuple[tuple[str, int], ...]

    @property
    def of(self) -> int:
        return self.ready + self.partly + self.findings


def measure_readiness(since: datetime) -> list[Readiness]:
    """All labels together, then each, the most frequent first."""
    counts: dict[str, Counter[str]] = {"": Counter()}
    for receipt in _query_answers(since):
        if items := receipt.output.get("items", ()):
            for label in ("", receipt.ticket.label_name or "no label"):
                found = counts.setdefault(label, Counter())
                found[_name_readiness(items)] += 1
                found.update(f"blocked {item['blocker']}" for item in items if item["blocker"])
    for label, changed in _iter_changes(since):
        for name in ("", label or "no label"):
            counts.setdefault(name, Counter()).update(_count_change(changed))
    rows = [_build_readiness(label, found) for label, found in counts.items()]
    return sorted(rows, key=lambda row: (bool(row.label), -row.of))


def _build_readiness(label: str, found: Counter[str]) -> Readiness:
    return Readiness(
        label=label,
        ready=found["ready"],
        partly=found["partly"],
        findings=found["findings"],
        nearly_unchanged=Share(found["near"], found["sent"]),
        gaps_filled=found["filled"],
        blockers=tuple(
            (BLOCKER_WORDS[blocker], count)
            for blocker in sorted(Blocker, key=lambda one: -found[f"blocked {one}"])
            if (count := found[f"blocked {blocker}"])
        ),
    )


def _count_change(changed: float | None) -> dict[str, int]:
    if changed is None:
        return {"filled": 1}
    return {"sent": 1, "near": int(changed <= NEARLY_UNCHANGED_SHARE)}


def _name_readiness(items: Sequence[Mapping[str, Any]]) -> str:
    opened = [item for item in items if item["blocker"] not in (None, Blocker.CUSTOMER)]
    if not opened:
        return "ready"
    return "partly" if any(item["blocker"] is None for item in items) else "findings"


def _iter_changes(since: datetime) -> Iterator[tuple[str, float | None]]:
    """(label, share of words changed) of each reply that was ready and sent since then; None where
    a person had to write what was missing.
    """
    sent = Message.objects.filter(direction=Message.Direction.OUT, at__gte=since)
    rows = sent.exclude(draft__body="").filter(draft__run__isnull=False)
    for label, before, after in rows.order_by("-pk").values_list(
        "ticket__label_name", "draft__body", "text"
    )[:MAX_RECEIPTS]:
        yield label, None if find_gaps(before) else compute_changed_share(before, after)


def compute_changed_share(before: str, after: str) -> float:
    """The share of the words, 0 to 1, that were taken out, replaced or joined by others."""
    old, new = before.split(), after.split()
    kept = sum(block.size for block in SequenceMatcher(None, old, new, False).get_matching_blocks())
    return 1 - kept / max(len(old), len(new), 1)
