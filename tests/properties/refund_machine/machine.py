"""The whole machine, and running it so many times."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from hypothesis import HealthCheck, Phase, Verbosity, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.properties.refund_machine import world
from tests.properties.refund_machine.forgery import Forgers
from tests.properties.refund_machine.people import People
from tests.properties.refund_machine.shop import Shop
from tests.properties.refund_machine.workers import Workers


class RefundMachine(People, Shop, Workers, Forgers):
    """Everybody at once."""


def run(shop_settings: Any, *, sequences: int, steps: int, lot: int | None = None) -> None:
    """Run it in the open transaction of the caller, from ``lot`` or the same every time.

    Raises AssertionError with the shortest sequence found that breaks something.
    """
    RefundMachine.world, RefundMachine.settings = world.build(), shop_settings
    factory: Any = type("RefundMachine", (RefundMachine,), {})
    with _in_silence():
        run_state_machine_as_test(
            factory if lot is None else seed(lot)(factory),
            settings=settings(
                max_examples=sequences,
                stateful_step_count=steps,
                deadline=None,
                derandomize=lot is None,
                database=None,
                print_blob=True,
                suppress_health_check=list(HealthCheck),
                phases=[Phase.generate, Phase.shrink],
                verbosity=Verbosity.normal,
            ),
        )


@contextmanager
def _in_silence() -> Iterator[None]:
    """What workers write about doubts, thousands of times, is not kept."""
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)
