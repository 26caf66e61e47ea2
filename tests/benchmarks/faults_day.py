"""A day with faults: everything is killed again and again while mails come in and replies go out.

    make bench-faults

PostgreSQL, worker, web, mail server and broker are each killed (SIGKILL) or removed so many
times, in an order chosen by lot, in a shop of real processes. Afterwards it is counted what
became of every mail and of every reply: lost 0, twice 0, and all runs without a hand.
"""

from __future__ import annotations

import random
import tempfile
import threading
import time
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.core.management import CommandError, call_command
from django.core.management.base import BaseCommand
from django.db import InterfaceError, OperationalError, connection

from tests.support.faulty_shop import KINDS, Ana, FaultyShop, leave_the_database_alone, wait_until

MAILS, REPLIES, KILLS = 300, 100, 10
MAX_BATCH = 5  # mails that one import brings
MAX_SETTLE_SECONDS = 900
PAUSES = (1.0, 5.0)  # seconds between two kills


@dataclass
class Day:
    """What is to happen, and what was done of it. ``replied`` has the words by ticket."""

    mails: int
    replies: int
    kills: int
    seed: int
    imports: int = 0
    stopped_imports: int = 0
    replied: dict[int, str] = field(default_factory=dict)
    troubles: list[str] = field(default_factory=list)


class Command(BaseCommand):
    help = "Kill everything of a running shop again and again, and count what was lost or doubled."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--mails", type=int, default=MAILS)
        parser.add_argument("--replies", type=int, default=REPLIES)
        parser.add_argument("--kills", type=int, default=KILLS, help="of each kind")
        parser.add_argument("--seed", type=int, default=1)

    def handle(self, *, mails: int, replies: int, kills: int, seed: int, **options: Any) -> None:
        day = Day(mails=mails, replies=min(replies, mails), kills=kills, seed=seed)
        began = time.monotonic()
        with tempfile.TemporaryDirectory() as folder:
            rows = run_day(day, Path(folder))
        for name, value in rows.items():
            self.stdout.write(f"{name:<58} {value}")
        self.stdout.write(f"{'it took':<58} {time.monotonic() - began:.0f} s")
        if problems := find_problems(rows):
            raise CommandError("; ".join(problems))


def run_day(day: Day, folder: Path) -> dict[str, str]:
    """Live through the day; return what was counted, by name."""
    leave_the_database_alone()
    shop = FaultyShop(folder, random.Random(day.seed))
    shop.start()
    try:
        ana = _let_ana_in(shop)
        _live(day, shop, ana, folder)
        wait_until(lambda: _is_settled(day), MAX_SETTLE_SECONDS, "it never came to rest")
        rows = dict(_count(day, shop, ana))
    finally:
        connection.close()
        left = shop.end()
    return {**rows, "processes left after Ctrl-C": str(len(left))}


def _let_ana_in(shop: FaultyShop) -> Ana:
    from tests.conftest import PASSWORD, join

    join("ana")
    ana = Ana(shop.address, "ana", PASSWORD)
    ana.sign_in()
    return ana


def _live(day: Day, shop: FaultyShop, ana: Ana, folder: Path) -> None:
    """Mails, replies and kills at the same time, each in a thread of its own."""
    parts = {
        "mails": lambda: _bring_mails(day, shop, folder),
        "replies": lambda: _send_replies(day, shop, ana),
        "kills": lambda: _kill_all(day, shop),
    }

    def work(name: str) -> None:
        try:
            parts[name]()
        except Exception as error:
            day.troubles.append(f"{name}: {type(error).__name__}: {error}")
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=[name]) for name in parts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _keep_pace(day: Day, shop: FaultyShop, share: float) -> None:
    """Wait until the kills have come as far, so that work and faults end together."""
    total = day.kills * len(KINDS)
    while len(shop.killed) < total * share - 1 and not day.troubles:
        time.sleep(0.1)


def _bring_mails(day: Day, shop: FaultyShop, folder: Path) -> None:
    """Import the mails in small folders over the day; one that stopped is imported again."""
    for first in range(0, day.mails, MAX_BATCH):
        _keep_pace(day, shop, first / day.mails)
        batch = folder / f"mails{first}"
        batch.mkdir()
        for number in range(first, min(first + MAX_BATCH, day.mails)):
            (batch / f"{number}.eml").write_text(_write_mail(number))
        while not _import(day, batch):
            day.stopped_imports += 1
            time.sleep(0.5)


def _import(day: Day, batch: Path) -> bool:
    day.imports += 1
    try:
        with (batch.parent / "imports.log").open("a") as log:
            call_command("import_mail", batch, stdout=log, stderr=log)
    except (OperationalError, InterfaceError):
        connection.close()
        return False
    return True


def _write_mail(number: int) -> str:
    return (
        f"From: Customer {number} <customer{number}@example.org>\n"
        "To: help@harbourandpine.example\n"
        f"Message-ID: <mail{number}@example.org>\n"
        f"Subject: Question {number}\n"
        "Date: Mon, 2 Nov 2026 10:00:00 +0000\n\n"
        f"Where is my parcel? I asked {number} days ago.\n"
    )


def _send_replies(day: Day, shop: FaultyShop, ana: Ana) -> None:
    """Answer tickets as they come, by hand."""
    deadline = time.monotonic() + MAX_SETTLE_SECONDS
    while len(day.replied) < day.replies and time.monotonic() < deadline:
        _keep_pace(day, shop, len(day.replied) / day.replies)
        pk = _find_unanswered(day)
        if pk is None:
            time.sleep(0.3)
            continue
        words = f"Thank you, we look into question {pk} of yours."
        ana.reply(pk, words)
        day.replied[pk] = words


def _find_unanswered(day: Day) -> int | None:
    from tickets.models import Ticket

    try:
        waiting = Ticket.objects.exclude(pk__in=list(day.replied)).order_by("pk")
        return waiting.values_list("pk", flat=True).first()
    except (OperationalError, InterfaceError):
        connection.close()
        return None


def _kill_all(day: Day, shop: FaultyShop) -> None:
    """Each kind so many times, in an order chosen by lot."""
    order = [kind for kind in KINDS for _ in range(day.kills)]
    shop.lot.shuffle(order)
    for kind in order:
        time.sleep(shop.lot.uniform(*PAUSES))
        shop.kill(kind)


def _is_settled(day: Day) -> bool:
    """Whether nothing is open any more: no run, and no reply that may still leave by itself."""
    from tickets.models import Message, Run

    try:
        runs = Run.objects.filter(state__in=["queued", "running"]).exists()
        moving = Message.objects.filter(delivery__in=["queued", "sending"]).exists()
        again = Message.objects.filter(delivery="failed", retry_at__isnull=False).exists()
    except (OperationalError, InterfaceError):
        connection.close()
        return False
    return not (runs or moving or again)


def _count(day: Day, shop: FaultyShop, ana: Ana) -> Iterator[tuple[str, str]]:
    yield "killed or removed", _format_counts(Counter(shop.killed))
    yield "requests that failed and were made again by a person", str(ana.refused)
    yield "imports, and of them stopped and started again", f"{day.imports}, {day.stopped_imports}"
    yield from _count_mails(day)
    yield from _count_replies(day, shop, ana)
    yield from _count_records()
    starts = shop.said.count("had died and was started again")
    yield "times that the shop started its database again", str(starts)
    yield "running at the end without a hand", "yes" if shop.is_healthy() else "NO"
    yield "troubles", "; ".join(day.troubles) or "none"


def _count_mails(day: Day) -> Iterator[tuple[str, str]]:
    from tickets.models import Message, Ticket

    stored = Counter(Message.objects.filter(direction="in").values_list("message_id", flat=True))
    wanted = {f"<mail{number}@example.org>" for number in range(day.mails)}
    twice = sum(stored.values()) - len(stored) + abs(Ticket.objects.count() - len(stored))
    yield "mails handed in", str(day.mails)
    yield "mails lost", str(len(wanted - stored.keys()))
    yield "mails twice", str(twice)


def _count_replies(day: Day, shop: FaultyShop, ana: Ana) -> Iterator[tuple[str, str]]:
    from tickets.models import Message

    out = list(Message.objects.filter(direction="out"))
    arrived, states = Counter(shop.arrived), Counter(str(message.delivery) for message in out)
    texts = Counter(message.text for message in out)
    sent = [message for message in out if message.delivery == "sent"]
    doubtful = [message for message in out if message.delivery == "doubt"]
    page = ana.list_unsent()
    hidden = [one for one in doubtful if f"/tickets/{one.ticket_id}/" not in page]
    missing = [words for words in day.replied.values() if words not in texts]
    yield "replies sent by a person", str(len(day.replied))
    yield "their states", _format_counts(states)
    yield "replies lost", str(len(missing) + sum(not arrived[str(one.message_id)] for one in sent))
    copies = sum(arrived.values()) - len(arrived) + sum(texts.values()) - len(texts)
    yield "replies twice", str(copies)
    known = sum(bool(arrived[str(one.message_id)]) for one in doubtful)
    yield "in doubt, and of them arrived", f"{len(doubtful)}, {known}"
    yield "in doubt and in nobody's list", str(len(hidden))
    failed = states["failed"]
    yield "failed for good", str(failed)


def _count_records() -> Iterator[tuple[str, str]]:
    from tickets.audit import receipts
    from tickets.models import Run

    runs = Counter(Run.objects.values_list("state", flat=True))
    retaken = Run.objects.filter(attempt__gt=1).count()
    yield "runs", _format_counts(runs)
    yield "runs taken up again by another worker", str(retaken)
    yield "receipts out of order", str(len(list(receipts.verify_chain())))


def _format_counts(counts: Counter[str]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counts.items())) or "none"


ZERO = (
    "mails lost",
    "mails twice",
    "replies lost",
    "replies twice",
    "in doubt and in nobody's list",
    "failed for good",
    "receipts out of order",
    "processes left after Ctrl-C",
)


def find_problems(rows: dict[str, str]) -> list[str]:
    """What of the counts is not as it has to be, each named."""
    wrong = [f"{name}: {rows[name]}" for name in ZERO if rows[name] != "0"]
    if rows["running at the end without a hand"] != "yes":
        wrong.append("it does not run at the end")
    return wrong + ([f"troubles: {rows['troubles']}"] if rows["troubles"] != "none" else [])
