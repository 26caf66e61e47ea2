#!/usr/bin/env python
"""Entry point of every command."""

import os
import sys


def main() -> None:
    """Run a command; a wrong setting or database is one sentence, not a traceback."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "triage.settings")
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    from triage.runtime.postgres.refusals import UnusableDatabase

    try:
        execute_from_command_line(sys.argv)
    except UnusableDatabase as error:
        sys.exit(f"The database cannot be used. {error}")
    except ImproperlyConfigured as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
