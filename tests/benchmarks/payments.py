"""Kills and crowds in numbers: `make bench-payments`, which gives it a database of its own."""

from __future__ import annotations

import random
import sys
import time
from argparse import ArgumentParser, Namespace
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

import django
from django.conf import settings
from django.core.management import call_command
from tqdm import tqdm

if TYPE_CHECKING:
    from approvals.models import Execution
    from tests.support.killed_payers import Workers
    from tests.support.payment_server import Books

KILLS, REQUESTS, THREADS = 200, 1_000, 32
CAPTURED = "500.00"
LATEST = 0.4  # seconds; a payment alone on a core takes about a tenth of that


def main() -> None:
    django.setup()
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=KILLS)
    parser.add_argument("--requests", type=int, default=REQUESTS)
    parser.add_argument("--threads", type=int, default=THREADS)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    call_command("migrate", verbosity=0)
    from tests.support.payment_server import payment_server
    from tickets.queue import run_queue

    run_queue.dispatch_task = lambda *args, **kwargs: None  # nobody else is woken
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    for measure in (killed, crowded):
        with payment_server() as books:
            _pay_at(books.address)
            for line in measure(books, asked):
                sys.stdout.write(f"{line}\n")
                sys.stdout.flush()


def _pay_at(address: str) -> None:
    from tests.support.payment_server import SECRET

    settings.PAYMENT_EXECUTOR, settings.PAYMENT_SECRET = "webhook", SECRET
    settings.PAYMENT_URL, settings.PAYMENT_TIMEOUT = f"{address}/pay", 20


def killed(books: Books, asked: Namespace) -> Iterator[str]:
    """Kill workers at points chosen by lot and at instants chosen by lot, then see what became."""
    from tests.support import killed_payers
    from tests.support.payment_rows import ordered
    from tests.support.worker_processes import environment

    lot, hows = random.Random(asked.seed), Counter[str]()
    made: list[Execution] = []
    env = environment(settings.DATA, "filesystem://")
    with killed_payers.workers(env, books) as workers:
        progress = tqdm(total=asked.kills, desc="kills", disable=None)
        while workers.killed < asked.kills:
            books.mood, books.manner = "pays", "breaks before" if lot.random() < 0.25 else "knows"
            execution = ordered("1.00", number=f"K-{len(made)}")
            hows.update([_kill(workers, execution, lot)])
            killed_payers.finish(execution)
            made.append(execution)
            progress.update(workers.killed - progress.n)
    yield f"workers killed: {workers.killed}; too late {workers.survived} times"
    yield f"where: {_counted(hows)}"
    yield f"just after it: {_counted(Counter(workers.seen))}"
    yield (
        f"in the end, of {len(made)} refunds: {_counted(Counter(_end(one, books) for one in made))}"
    )


def _kill(workers: Workers, execution: Execution, lot: random.Random) -> str:
    """One kill in one way; the name of the way."""
    from tests.support import killed_payers

    way = lot.choice(("point", "point", "waiting", "instant", "instant", "question"))
    if way == "point":
        workers.work(execution, lot.choice(killed_payers.INSIDE))
    elif way == "waiting":
        workers.work_until_it_waits(execution, lot.choice(list(killed_payers.OUTSIDE.values())))
    elif way == "instant":
        workers.work(execution, after=lot.uniform(0, LATEST))
    else:
        workers.books.mood = "drops after"
        workers.work(execution)
        killed_payers.make_due(execution)
        workers.work(execution, lot.choice(killed_payers.QUESTIONS))
    workers.books.mood = "pays"
    return way


def _end(execution: Execution, books: Books) -> str:
    from tests.support.payment_rows import again

    now = again(execution)
    moved = books.refunds().count(str(now.refund_id))
    rows = now.refund.order.payments.filter(kind="refund").count()
    match now.state, now.refund.state, moved, rows:
        case "done", "executed", 1, 1:
            return "paid once"
        case "doubt", "doubt", (0 | 1), 0:
            return "in doubt"
        case _, _, moved, _ if moved > 1:
            return "PAID TWICE"
    return "LOST"


def crowded(books: Books, asked: Namespace) -> Iterator[str]:
    """So many requests on one order, decided by two people each, on so many connections."""
    from tests.conftest import join
    from tests.support import crowd

    order, requests = crowd.requests_on_one_order(asked.requests, CAPTURED)
    began = time.monotonic()
    people = [join("sol"), join("sam")]
    seen = crowd.rush(order, requests, people, threads=asked.threads)
    took = time.monotonic() - began
    refunds = books.refunds()
    wanted = sum(refund.amount for refund in requests)
    yield (
        f"approvals and executions at once: {len(requests) * len(people)} on {asked.threads} "
        f"connections, {took:.0f} s, {wanted} asked of {CAPTURED}"
    )
    yield f"how they ended: {_counted(seen.ended)}"
    yield f"given or promised at most, over {seen.glances} glances: {seen.most} of {CAPTURED}"
    yield f"given back: {crowd.given_back(order)}, by the payment side {crowd.moved(books)}"
    yield f"refunds paid: {len(set(refunds))}, paid twice: {len(refunds) - len(set(refunds))}"


def _counted(counter: Counter[str]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counter.most_common())


if __name__ == "__main__":
    main()
