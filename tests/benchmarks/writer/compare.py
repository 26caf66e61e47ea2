"""What each writer makes of the stored tickets, side by side; no ticket is changed."""

from __future__ import annotations

from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.core.management import CommandError
from django.core.management.base import BaseCommand
from tqdm import tqdm

from tickets.models import Ticket
from triage.contract.case import Case
from triage.contract.step import Status, StepResult
from triage.pipeline import registry, runner
from triage.pipeline.case_builder import build_case
from triage.pipeline.configuration import load_configuration

WRITING_STEPS = ("summarize", "draft")


@dataclass(frozen=True)
class TicketComparison:
    """One ticket, and the result of each writing step by the writer's name."""

    ticket: Ticket
    results: Mapping[str, Mapping[str, StepResult]]


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("writers", nargs="*", default=["focal", "sentences"])
        parser.add_argument("--tickets", type=int, default=100, help="how many, oldest first")
        parser.add_argument("--like", default="", help="only those whose outside id begins so")
        parser.add_argument("--show", type=int, default=0, help="print so many side by side")

    def handle(
        self, *, writers: list[str], tickets: int, like: str, show: int, **options: Any
    ) -> None:
        unknown = set(writers) - set(registry.list_step_engines("draft"))
        if unknown:
            raise CommandError(f"No writer is called {', '.join(sorted(unknown))}.")
        chosen = Ticket.objects.exclude(status="closed").order_by("pk")
        if like:
            chosen = chosen.filter(external_id__startswith=like)
        compared = [
            TicketComparison(ticket, _write_texts(build_case(ticket), writers))
            for ticket in tqdm(chosen[:tickets], desc="writing", disable=None)
        ]
        for line in (*_iter_comparisons(compared[:show]), *_iter_figures(compared, writers)):
            self.stdout.write(line)


def _write_texts(case: Case, writers: list[str]) -> dict[str, dict[str, StepResult]]:
    """The other steps by their usual ladders, each text by every writer alone."""
    known = load_configuration()
    limits, ladders = registry.load_limits(known), registry.load_ladders(known)
    results: dict[str, dict[str, StepResult]] = {}
    for step in registry.load_steps():
        if step.name not in WRITING_STEPS:
            done = runner.climb_ladder(step, case, ladders[step.name], limits[step.name])
        else:
            results[step.name] = {
                name: runner.climb_ladder(
                    step, case, [registry.build_rung(name, known)], limits[step.name]
                )
                for name in writers
            }
            done = results[step.name][writers[0]]
        case = case.add_output(done.output)
    return results


def _iter_figures(compared: list[TicketComparison], writers: list[str]) -> Iterator[str]:
    """How many texts pass all checks, and the median time, by step and writer."""
    for step in WRITING_STEPS:
        for name in writers:
            results = [one.results[step][name] for one in compared]
            good = sum(result.status == Status.OK for result in results)
            times = sorted(result.milliseconds for result in results)
            failed = Counter(check for result in results for check in _iter_failures(result))
            yield (
                f"{step} by {name}: {good} of {len(results)} pass every check, "
                f"p50 {times[len(times) // 2] if times else 0} ms"
            )
            yield from (f"    {count} × {check}" for check, count in failed.most_common())


def _iter_failures(result: StepResult) -> Iterator[str]:
    for tried in result.tried:
        yield tried.because


def _iter_comparisons(compared: list[TicketComparison]) -> Iterator[str]:
    for one in compared:
        message = one.ticket.messages.first()
        yield f"\n## {one.ticket}\n\n{message.text if message else ''}"
        for step, results in one.results.items():
            for name, result in results.items():
                yield f"\n### {step} by {name}: {result.status}\n\n{_format_result(result)}"


def _format_result(result: StepResult) -> str:
    if result.status == Status.OK:
        return str(result.output.text_attribution.text)
    return "; ".join(_iter_failures(result))
