"""Workers that are killed at a point of a payment: each line of input is "POINT EXECUTION".

Each gets a process of its own, made by fork, so that hundreds of kills cost seconds.
It answers each line with the process id and then with the signal that ended it, 0 for none.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from typing import Any

import django

django.setup()

from django.db import connection  # noqa: E402

from approvals import payments, refund_rows  # noqa: E402
from approvals.payments import ledger, outbox, reconciliation  # noqa: E402
from approvals.payments.gateways import webhook  # noqa: E402
from tickets.queue import run_queue  # noqa: E402


def die(*args: Any, **kwargs: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def before(owner: Any, name: str) -> Callable[[], None]:
    return lambda: setattr(owner, name, die)


def after(owner: Any, name: str) -> Callable[[], None]:
    """Done, and what comes next is not."""
    done = getattr(owner, name)
    return lambda: setattr(owner, name, lambda *args, **kwargs: die(done(*args, **kwargs)))


POINTS: dict[str, Callable[[], None]] = {
    "never": lambda: None,
    "claiming": after(refund_rows, "save_state"),
    "claimed": before(outbox, "call_gateway"),
    "sending": before(webhook, "_send_signed"),
    "answered": after(outbox, "call_gateway"),
    "writing": before(ledger, "add_payment"),
    "written": after(ledger, "append_payment_receipt"),
    "recorded": after(ledger, "record_answer"),
    "learning": before(reconciliation, "_apply_answer"),
}


def main() -> None:
    run_queue.dispatch_task = lambda *args, **kwargs: None  # nobody else is woken
    connection.ensure_connection()  # finds the server once, for all of them
    connection.close()
    for line in sys.stdin:
        point, pk = line.split()
        child = os.fork()
        if child == 0:
            POINTS[point]()
            payments.attend_execution(int(pk))
            os._exit(0)
        print(child, flush=True)  # noqa: T201
        _, status = os.waitpid(child, 0)
        print(os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0, flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
