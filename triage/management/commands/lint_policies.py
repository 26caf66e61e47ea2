"""manage.py lint_policies [--days N]"""

import sys

from django.core.management.base import BaseCommand, CommandParser

from triage.policy_review.lint import LOOKBACK_DAYS, lint_policies


class Command(BaseCommand):
    help = (
        "Look over the policies: clauses that disagree, refund rules without a clause, gaps in"
        " dates, clauses never retrieved, tickets with no clause. Exit code 1 for the first two."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--days",
            type=int,
            default=LOOKBACK_DAYS,
            help=f"how far back tickets count (default {LOOKBACK_DAYS})",
        )

    def handle(self, *, days: int, **options: object) -> None:
        report = lint_policies(days)
        for section in report.sections:
            self.stdout.write(f"{section.title}: {len(section.findings) or 'none'}")
            for finding in section.findings:
                names = ", ".join(name for name, _ in finding.links)
                self.stdout.write(f"  {finding.text}" + (f" ({names})" if names else ""))
            if not section.findings:
                self.stdout.write(f"  {section.none}")
        if report.grave:
            sys.exit(1)
