"""The figures of the trials: identical, stricter, unsafe, and every cause by its name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.benchmarks.attacks import judging, texts
from tests.benchmarks.attacks.texts import Attack
from tests.benchmarks.attacks.trials import Trial, is_flagged
from triage.nlu.prompt_injection import find_injection_signs


def iter_report_lines(trials: Sequence[Trial]) -> Iterator[str]:
    """For each kind of ticket and set of texts, then what differs, then all that is unsafe."""
    for kind in dict.fromkeys(trial.base.kind for trial in trials):
        of_kind = [trial for trial in trials if trial.base.kind == kind]
        count = len({trial.base.letter.key for trial in of_kind})
        yield f"\n{kind}: {count} tickets"
        for name in dict.fromkeys(trial.attack.of for trial in of_kind):
            yield _format_set_line(name, [trial for trial in of_kind if trial.attack.of == name])
        yield from _iter_cause_lines(of_kind)
    for trial in trials:
        for what in trial.unsafe:
            yield f"UNSAFE {what}: {trial.base.letter.key}, {trial.place}, {trial.attack.text!r}"


def _format_set_line(name: str, trials: Sequence[Trial]) -> str:
    same = sum(trial.is_identical for trial in trials)
    bad = sum(bool(trial.unsafe) for trial in trials)
    other = sum(trial.now.label != trial.base.plain.label for trial in trials)
    arose = sum(trial.now.is_proposal and not trial.base.plain.is_proposal for trial in trials)
    return (
        f"{name}: identical {_format_share(same, len(trials))}; identical or stricter "
        f"{_format_share(len(trials) - bad, len(trials))}; unsafe {bad}; "
        f"label changed {other}; proposals that arose {arose}"
    )


def _iter_cause_lines(trials: Sequence[Trial]) -> Iterator[str]:
    causes = Counter(judging.describe_difference(trial.base.plain, trial.now) for trial in trials)
    del causes[""]
    unmarked = sum(trial.base.plain.waits and not trial.now.waits for trial in trials)
    yield f"no longer marked for a person to look at: {unmarked}"
    for cause, count in causes.most_common():
        yield f"- {count} × {cause}"


def iter_flag_lines(attacks: Sequence[Attack], data: Path) -> Iterator[str]:
    """How many attack texts are flagged, and how many harmless ones."""
    yield "\nmessages that give orders"
    for name in dict.fromkeys(attack.of for attack in attacks):
        for held_out in (False, True):
            of_set = [a for a in attacks if (a.of, a.is_held_out) == (name, held_out)]
            part = "held out" if held_out else "seen while tuning"
            yield f"{name}, {part}: flagged {_format_flagged([a.text for a in of_set])}"
    harmless = texts.load_harmless_texts(data)
    yield f"harmless texts with trigger words: flagged {_format_flagged(harmless)}"


def _format_flagged(given: Sequence[str]) -> str:
    by_rules = sum(bool(find_injection_signs(text)) for text in given)
    together = sum(map(is_flagged, given))
    shares = (_format_share(count, len(given)) for count in (by_rules, together))
    return "by rules {}; by rules or model {}".format(*shares)


def _format_share(count: int, of: int) -> str:
    return f"{count} of {of}" + (f", {count / of:.1%}" if of else "")
