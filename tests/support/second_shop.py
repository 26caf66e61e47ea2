"""The second shop of the benchmarks: its past conversations as a file that can be imported."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

SECOND_SHOP = Path(__file__).parents[1] / "benchmarks" / "second_shop"
ROWS = ("customers.csv", "orders.jsonl")


def write_past(path: Path, count: int | None = None) -> Path:
    """The newest conversations, all of them unless told otherwise, in our own form."""
    lines = (SECOND_SHOP / "conversations.jsonl").read_text("utf-8").splitlines()
    kept = lines[-count:] if count else lines
    path.write_text("\n".join(json.dumps(_convert(json.loads(line))) for line in kept), "utf-8")
    return path


def _convert(told: dict[str, Any]) -> dict[str, Any]:
    messages = [{**said, "name": said["author"]} for said in told["messages"]]
    return {
        "external_id": told["id"],
        "subject": told["subject"],
        "label": told["label"],
        "email": told["customer"],
        "name": messages[0]["author"],
        "messages": messages,
    }
