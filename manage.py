#!/usr/bin/env python
"""Entry point of every command."""

import os
import signal
import sys


def main() -> None:
    """Run a command; a wrong setting or database, a full disk or Ctrl-C is one sentence and no
    traceback.
    """
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "triage.settings")
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    from triage.runtime.postgres.refusals import UnusableDatabase

    for number in (signal.SIGTERM, signal.SIGHUP):  # so that a private server is stopped as well
        if signal.getsignal(number) is not signal.SIG_IGN:  # nohup
            signal.signal(number, lambda number, frame: sys.exit(128 + number))
    try:
        execute_from_command_line(sys.argv)
    except KeyboardInterrupt:
        sys.exit("\nEnded by Ctrl-C. What was finished before is kept.")
    except UnusableDatabase as error:
        sys.exit(f"The database cannot be used. {error}")
    except ImproperlyConfigured as error:
        sys.exit(str(error))
    except Exception as error:
        from triage.runtime.machine_faults import explain_fault

        if sentence := explain_fault(error):
            sys.exit(sentence)
        raise


if __name__ == "__main__":
    main()
