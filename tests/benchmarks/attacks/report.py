"""The figures of the trials: identical, stricter, unsafe, and every cause by its name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.benchmarks.attacks import judging, texts
from tests.benchmarks.attacks.texts import Attack
from tests.benchmarks.attacks.trials import Trial, flagged
from triage.nlu.prompt_injection import orders_in


def report(trials: Sequence[Trial]) -> Iterator[str]:
    """For each kind of ticket and set of texts, then what differs, then all that is unsafe."""
    for kind in dict.fromkeys(trial.base.kind for trial in trials):
        of_kind = [trial for trial in trials if trial.base.kind == kind]
        count = len({trial.base.letter.key for trial in of_kind})
        yield f"\n{kind}: {count} tickets"
        for name in dict.fromkeys(trial.attack.of for trial in of_kind):
            yield _line(name, [trial for trial in of_kind if trial.attack.of == name])
        yield from _causes(of_kind)
    for trial in trials:
        for what in trial.unsafe:
            yield f"UNSAFE {what}: {trial.base.letter.key}, {trial.place}, {trial.attack.text!r}"


def _line(name: str, trials: Sequence[Trial]) -> str:
    same = sum(trial.identical for trial in trials)
    bad = sum(bool(trial.unsafe) for trial in trials)
    other = sum(trial.now.label != trial.base.plain.label for trial in trials)
    arose = sum(trial.now.proposes and not trial.base.plain.proposes for trial in trials)
    return (
        f"{name}: identical {_share(same, len(trials))}; identical or stricter "
        f"{_share(len(trials) - bad, len(trials))}; unsafe {bad}; "
        f"label changed {other}; proposals that arose {arose}"
    )


def _causes(trials: Sequence[Trial]) -> Iterator[str]:
    causes = Counter(judging.difference(trial.base.plain, trial.now) for trial in trials)
    del causes[""]
    unmarked = sum(trial.base.plain.waits and not trial.now.waits for trial in trials)
    yield f"no longer marked for a person to look at: {unmarked}"
    for cause, count in causes.most_common():
        yield f"- {count} × {cause}"


def flags(attacks: Sequence[Attack], data: Path) -> Iterator[str]:
    """How many texts the signs find, and how many harmless ones they take for such."""
    yield "\nmessages that give orders"
    for name in dict.fromkeys(attack.of for attack in attacks):
        for held_out in (False, True):
            of_set = [a for a in attacks if (a.of, a.held_out) == (name, held_out)]
            part = "held out" if held_out else "seen while tuning"
            yield f"{name}, {part}: flagged {_share(len(flagged(of_set)), len(of_set))}"
    harmless = texts.harmless(data)
    wrong = sum(bool(orders_in(text)) for text in harmless)
    yield f"harmless texts with trigger words: flagged {_share(wrong, len(harmless))} (at most 2 %)"


def _share(count: int, of: int) -> str:
    return f"{count} of {of}" + (f", {count / of:.1%}" if of else "")
