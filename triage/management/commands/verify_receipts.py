"""Check that no receipt is missing, moved or changed."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any

import django
from django.core.management.base import BaseCommand, CommandError
from django.db import connections
from django.db.models import Max

from tickets.audit import receipts
from tickets.models import Receipt

SHARE_RECEIPTS = 4_000  # walked in half a second: no core waits long for the last share
START_METHOD = "fork" if sys.platform == "linux" else "spawn"
"""A forked process is there at once; one that imports everything anew takes a second of a core."""


class Command(BaseCommand):
    help = "Walk the chain of receipts and report each one that does not hold."
    requires_system_checks = ()  # the record can be checked whatever else is set wrong

    def handle(self, **options: Any) -> None:
        faults = list(_find_faults())
        for fault in faults:
            self.stderr.write(fault)
        if faults:
            raise CommandError(f"{len(faults)} faults: the record was tampered with or damaged.")
        self.stdout.write(f"{Receipt.objects.count()} receipts, none missing, none changed.")


def _find_faults() -> Iterator[str]:
    """The faults of the whole chain in its order; a long one is walked by all cores in shares."""
    last = Receipt.objects.aggregate(last=Max("seq"))["last"] or 0
    starts = range(0, last, SHARE_RECEIPTS)
    if len(starts) < 2:
        yield from receipts.verify_chain()
        return
    ends = [*starts[1:], None]
    cores = min(os.cpu_count() or 1, len(starts))
    connections.close_all()  # processes that are forked may not share one
    with ProcessPoolExecutor(cores, get_context(START_METHOD), initializer=django.setup) as pool:
        for faults in pool.map(list_faults, starts, ends):
            yield from faults


def list_faults(after: int, until: int | None) -> list[str]:
    """The faults among the receipts behind ``after``, up to ``until``."""
    return list(receipts.verify_chain(after, until))
