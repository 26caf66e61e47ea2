"""Many random sequences of the money path: `make bench-refund-machine SEQUENCES=10000`.

Each worker has a database of its own. The first sequence that breaks something ends it all, is
made as short as it goes, and printed.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from argparse import ArgumentParser, Namespace
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from tqdm import tqdm

AT_ONCE = 100  # sequences of one lot: what was drawn is remembered so long


def main() -> None:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--sequences", type=int, default=10_000)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--lot", type=int, default=1, help="another number draws other sequences")
    parser.add_argument("--worker", action="store_true", help="be one of them")
    asked = parser.parse_args()
    sys.exit(work(asked) if asked.worker else share_out(asked))


def share_out(asked: Namespace) -> int:
    """Run the workers and add up what they tell; 0 where all of them found nothing."""
    told: Counter[str] = Counter()
    with (
        tqdm(total=asked.sequences, desc="sequences", mininterval=5) as progress,
        ThreadPoolExecutor(asked.workers) as pool,
    ):
        jobs = [pool.submit(_follow, asked, n, told, progress) for n in range(asked.workers)]
        failed = [job.result() for job in jobs]
    for name, count in sorted(told.items()):
        sys.stdout.write(f"{count:9,}  {name}\n")
    return max(failed)


def _follow(asked: Namespace, number: int, told: Counter[str], progress: tqdm[Any]) -> int:
    data = Path(os.environ["TRIAGE_DATA"]) / f"worker-{number}"
    share = -(-asked.sequences // asked.workers)
    command = [sys.executable, "-m", __spec__.name, "--worker", f"--sequences={share}"]
    command += [f"--steps={asked.steps}", f"--lot={asked.lot * 1_000_000 + number * 10_000}"]
    environment = {**os.environ, "TRIAGE_DATA": str(data), "OMP_NUM_THREADS": "1"}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as worker:
        assert worker.stdout is not None
        for line in worker.stdout:
            new = Counter(json.loads(line))
            told.update(new)
            progress.update(new["sequences"])
    return worker.returncode


def work(asked: Namespace) -> int:
    """Sequences in lots, each told as a line of counts; AssertionError ends it."""
    import django

    django.setup()
    from django.conf import settings
    from django.core.management import call_command
    from django.db import transaction

    from tests.properties.refund_machine import machine
    from tests.properties.refund_machine.stage import Stage

    call_command("migrate", verbosity=0)
    done = 0
    while done < asked.sequences:
        with transaction.atomic():
            many = min(AT_ONCE, asked.sequences - done)
            machine.run(settings, sequences=many, steps=asked.steps, lot=asked.lot)
            transaction.set_rollback(True)
        sys.stdout.write(json.dumps(Stage.seen) + "\n")
        sys.stdout.flush()
        done, asked.lot = done + Stage.seen["sequences"], asked.lot + 1
        Stage.seen.clear()
    return 0


if __name__ == "__main__":
    main()
