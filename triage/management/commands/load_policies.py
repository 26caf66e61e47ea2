"""manage.py load_policies DIR"""

from pathlib import Path

from django.core.management.base import BaseCommand, CommandError, CommandParser

from triage.policies.loading import BadPolicies, load_policies


class Command(BaseCommand):
    help = "Load policies from Markdown files with front matter: all of them, or none."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("path", type=Path, help="a folder of Markdown files, or one file")

    def handle(self, *, path: Path, **options: object) -> None:
        try:
            loaded = load_policies(path)
        except BadPolicies as bad:
            for problem in bad.problems:
                self.stderr.write(str(problem))
            count = len(bad.problems)
            raise CommandError(f"Nothing was loaded: {count} problem(s) to mend.") from bad
        for name in loaded.created:
            self.stdout.write(f"loaded {name}")
        self.stdout.write(
            f"policies: {len(loaded.created)} versions loaded, {len(loaded.unchanged)} unchanged"
        )
