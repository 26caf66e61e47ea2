"""A shop of the τ-bench family as rows of ours, and its tasks as tickets.

Yao et al., "τ-bench" (2024), and Barres et al., "τ²-bench" (2025): customers, orders
and articles of a shop, its policy, and tasks with the actions that would have been
right. The data is read from a folder that is named; none of it is in this project.
"""

from __future__ import annotations

import json
import tempfile
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from django.utils import timezone

from approvals.models import RefundRule
from tickets import intake
from tickets.models import Ticket
from triage.models import Intent, IntentExample
from triage.policies import loading

HERE: Final = Path(__file__).parent
FRONT_MATTER: Final = (
    "---\nid: retail\ntitle: Retail\neffective_from: 2020-01-01\nsource: ''\n---\n\n"
)
ORDER_AGE, DELIVERY_AGE = timedelta(days=20), timedelta(days=10)
"""The orders have no dates: all were placed so long before the run, and came so long before."""
ORDER_STATUSES: Final = {"processed": "paid", "pending (item modified)": "pending"}
MONEY_ACTIONS: Final = frozenset({"return_delivered_order_items", "cancel_pending_order"})
SWAP_ACTIONS: Final = frozenset({"exchange_delivered_order_items", "modify_pending_order_items"})
ACTION_LABELS: Final = {
    "return_delivered_order_items": "return-item",
    "cancel_pending_order": "cancel-order",
    "exchange_delivered_order_items": "exchange-item",
    "modify_pending_order_items": "change-items",
    "modify_pending_order_address": "change-address",
    "modify_user_address": "change-address",
}


@dataclass(frozen=True, kw_only=True)
class Task:
    """One text of one customer.

    ``back`` is what the right actions give back, None where the data does not say how much;
    ``label`` what a person would call it by those actions; ``orders`` those they are on.
    """

    name: str
    email: str
    text: str
    gives_back: bool
    back: Decimal | None = None
    label: str = ""
    orders: frozenset[str] = frozenset()


# --- the shop ---------------------------------------------------------------------------


def set_up_shop(folder: Path) -> Counter[str]:
    """Load policy, intents, rules, customers, orders, offers; how many rows came in."""
    shop = json.loads((folder / "db.json").read_text())
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "retail.md"
        path.write_text(FRONT_MATTER + (folder / "policy.md").read_text())
        loading.load_policies(path)
    knobs = tomllib.loads((HERE / "tau_shop.toml").read_text())
    for table in knobs["intent"]:
        examples = table.pop("examples")
        intent = Intent.objects.create(**table)
        IntentExample.objects.bulk_create(IntentExample(intent=intent, text=t) for t in examples)
    for position, table in enumerate(knobs["rule"], 1):
        RefundRule.objects.create(
            position=position, counts_from="purchase", effective_from="2020-01-01", **table
        )
    counted = Counter[str]()
    for what, receive, rows in (
        ("customers", intake.receive_customer, map(_build_customer_row, shop["users"].values())),
        ("offers", intake.receive_offer, _iter_offer_rows(shop["products"].values())),
        ("orders", intake.receive_order, map(_build_order_row, shop["orders"].values())),
    ):
        for row in rows:
            receive(row)
            counted[what] += 1
    return counted


def _build_customer_row(user: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "external_id": user["user_id"],
        "name": f"{user['name']['first_name']} {user['name']['last_name']}",
        "email": user["email"],
    }


def _format_item_name(name: str, options: Mapping[str, str]) -> str:
    return ", ".join([name, *(f"{key}: {value}" for key, value in options.items())])


def _iter_offer_rows(products: Iterable[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    for product in products:
        for each in product["variants"].values():
            yield {
                "sku": each["item_id"],
                "product": product["product_id"],
                "name": _format_item_name(product["name"], each["options"]),
                "currency": "USD",
                "unit_price": str(each["price"]),
                "available": each["available"],
            }


def _build_order_row(order: Mapping[str, Any]) -> dict[str, Any]:
    now = timezone.now()
    return {
        "number": order["order_id"],
        "customer": order["user_id"],
        "status": ORDER_STATUSES.get(order["status"], order["status"]),
        "currency": "USD",
        "placed_at": (now - ORDER_AGE).isoformat(),
        "delivered_at": (now - DELIVERY_AGE).isoformat()
        if order["status"] == "delivered"
        else None,
        "lines": [
            {
                "sku": item["item_id"],
                "name": _format_item_name(item["name"], item["options"]),
                "unit_price": str(item["price"]),
            }
            for item in order["items"]
        ],
        "payments": [
            {
                "kind": "capture" if paid["transaction_type"] == "payment" else "refund",
                "amount": str(paid["amount"]),
                "method": paid["payment_method_id"],
                "reference": f"{order['order_id']}-{number}",
            }
            for number, paid in enumerate(order["payment_history"], 1)
        ],
    }


# --- its tasks --------------------------------------------------------------------------


def load_labelled_tasks(folder: Path) -> list[Task]:
    """The tasks with audited labels of the money that goes back."""
    users = json.loads((folder / "db.json").read_text())["users"].values()
    tasks = json.loads((folder / "tasks_train.json").read_text())
    acts = {task["id"]: task["evaluation_criteria"]["actions"] for task in tasks}
    rows = map(json.loads, (folder / "refund_labels_train.jsonl").read_text().splitlines())
    return [
        Task(
            name=f"tau3-{row['task_id']}",
            email=_find_email(row["user_text"], users),
            text=row["user_text"],
            gives_back=row["gold_money_back_usd"] > 0,
            back=Decimal(str(row["gold_money_back_usd"])),
            label=_choose_label(row["gold_write_actions"]),
            orders=frozenset(
                act["arguments"]["order_id"]
                for act in acts[row["task_id"]]
                if act["name"] in row["gold_write_actions"] and "order_id" in act["arguments"]
            ),
        )
        for row in rows
    ]


def _choose_label(actions: Sequence[str]) -> str:
    """The first intent that one of the actions is for; a question where there is none."""
    return next((slug for name, slug in ACTION_LABELS.items() if name in actions), "order-question")


def _find_email(text: str, users: Iterable[Mapping[str, Any]]) -> str:
    """The address of the user a text is of: by id or address, else by name and postcode."""
    best = {True: 0}
    found = ""
    for user in users:
        name = user["name"]
        full = f"{name['first_name']} {name['last_name']}" in text
        known = user["user_id"] in text or user["email"] in text
        score = 4 * known + (2 * full + (name["first_name"] in text)) * (
            user["address"]["zip"] in text
        )
        if score > best[True]:
            best[True], found = score, user["email"]
    return found


def load_earlier_tasks(folder: Path, shop: Path, most: int) -> list[Task]:
    """Tasks of the first τ-bench, at most so many, labelled by their right actions."""
    data = json.loads((shop / "db.json").read_text())
    prices = {
        each["item_id"]: Decimal(str(each["price"]))
        for product in data["products"].values()
        for each in product["variants"].values()
    }
    tasks = json.loads((folder / "retail_tasks_train.json").read_text())[:most]
    return [
        Task(
            name=f"tau1-{number}",
            email=data["users"][task["user_id"]]["email"],
            text=task["instruction"],
            gives_back=any(
                _gives_money_back(act, data["orders"], prices) for act in task["actions"]
            ),
        )
        for number, task in enumerate(tasks)
        if task["user_id"] in data["users"]
    ]


def _gives_money_back(
    act: Mapping[str, Any], orders: Mapping[str, Any], prices: Mapping[str, Decimal]
) -> bool:
    if act["name"] not in SWAP_ACTIONS:
        return act["name"] in MONEY_ACTIONS
    said = act["kwargs"]
    paid = {
        item["item_id"]: Decimal(str(item["price"])) for item in orders[said["order_id"]]["items"]
    }
    pairs = zip(said["item_ids"], said["new_item_ids"], strict=True)
    return sum((paid[old] - prices[new] for old, new in pairs), Decimal(0)) > 0


def send_task(task: Task) -> Ticket:
    """Receive the task's text as a ticket of its customer."""
    intake.receive_ticket(
        {
            "external_id": task.name,
            "channel": "import",
            "name": "",
            "email": task.email,
            "subject": "",
            "body": task.text,
        }
    )
    return Ticket.objects.get(external_id=task.name)
