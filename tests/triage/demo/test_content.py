"""The demo shop is large enough, agrees with itself, and is the same every time."""

import re
import tomllib
from collections import Counter
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from tickets.models import Attachment
from triage.demo import load
from triage.demo.company import Company, build_company
from triage.demo.letters import EXTRA_NEEDS, NEEDS_WITHOUT_ORDER, load_letters
from triage.demo.order_dates import ORDER_KINDS
from triage.demo.photo import draw_photo
from triage.demo.stock import compute_total, load_catalogue

DEMO = Path(__file__).parents[3] / "triage" / "demo"
TODAY = date(2026, 11, 22)
CLAUSE = re.compile(
    r"^## [^\n{]+ \{#([a-z0-9-]+)\}\n\n(.+?)(?=\n\n## |\Z)", re.MULTILINE | re.DOTALL
)
STATUSES = {"pending", "paid", "shipped", "delivered", "cancelled", "returned"}

Version = tuple[date, dict[str, str]]


def read(name: str) -> dict[str, Any]:
    return tomllib.loads((DEMO / name).read_text(encoding="utf-8"))


def read_policies() -> dict[str, list[Version]]:
    """Policy id -> its versions, the oldest first, each with its clauses by anchor."""
    versions: dict[str, list[Version]] = {}
    for path in sorted((DEMO / "policies").glob("*.md")):
        _, front, body = path.read_text(encoding="utf-8").split("---\n", 2)
        head = yaml.safe_load(front)
        assert path.stem == f"{head['id']}-v{len(versions.get(head['id'], [])) + 1}"
        assert head["source"].startswith("https://harbourandpine.example/policies/")
        found = CLAUSE.findall(body)
        assert len(found) == len(dict(found)) == body.count("\n## ")
        versions.setdefault(head["id"], []).append((head["effective_from"], dict(found)))
    return versions


def clauses_on(day: date) -> dict[str, str]:
    """Clause reference -> text, of the versions in force on a day."""
    found = {}
    for policy, versions in read_policies().items():
        in_force = [clauses for since, clauses in versions if since <= day]
        for anchor, text in in_force[-1].items() if in_force else ():
            found[f"{policy}.{anchor}"] = text
    return found


@pytest.fixture(scope="module")
def company() -> Company:
    return build_company(TODAY)


def orders_by_number(company: Company) -> dict[str, Any]:
    return {order["number"]: order for order in company.orders}


def test_there_are_enough_policies_and_clauses_in_force() -> None:
    clauses = clauses_on(TODAY)
    assert len({ref.split(".")[0] for ref in clauses}) >= 9
    assert len(clauses) >= 64


def test_some_policies_have_an_older_version_with_other_terms() -> None:
    older = {policy: versions for policy, versions in read_policies().items() if len(versions) > 1}
    assert {"returns", "refunds", "delivery"} <= set(older)
    for versions in older.values():
        (first, before), (second, after) = versions[0], versions[-1]
        assert first < second <= TODAY
        assert sum(before[anchor] != after[anchor] for anchor in before.keys() & after.keys()) >= 3


def test_a_clause_is_one_to_four_sentences() -> None:
    for versions in read_policies().values():
        for _, clauses in versions:
            for anchor, text in clauses.items():
                assert 1 <= len(re.findall(r"[.?!](?=\s|$)", text)) <= 4, anchor


def test_there_are_fourteen_intents_with_examples_of_their_own() -> None:
    content = read("intents.toml")
    intents = content["intent"]
    texts = [text.casefold() for intent in intents for text in intent["examples"]]
    texts += [text.casefold() for text in content["background"]]
    assert len(intents) == len({intent["slug"] for intent in intents}) == 14
    assert all(len(intent["examples"]) >= 42 for intent in intents)
    assert len(content["background"]) >= 60
    assert len(texts) == len(set(texts))


def test_a_phrase_names_one_intent_only() -> None:
    intents = read("intents.toml")["intent"]
    for intent in intents:
        assert 3 <= len(intent["phrases"]) <= 7
        for phrase in intent["phrases"]:
            assert phrase == phrase.lower()
            assert " " in phrase
            others = [text for one in intents if one is not intent for text in one["examples"]]
            assert not any(phrase in text.lower() for text in others), phrase


def test_every_rule_names_known_intents_and_states() -> None:
    slugs = {intent["slug"] for intent in read("intents.toml")["intent"]}
    rules = read("rules.toml")["rule"]
    assert len(rules) == len({rule["name"] for rule in rules}) >= 10
    for rule in rules:
        assert set(rule["intents"]) <= slugs
        assert set(rule["statuses"]) <= STATUSES
        assert rule["remedy"] in {"refund", "store credit", "replacement"}
        assert rule["counts_from"] in {"purchase", "promised", "delivery"}


def test_the_rules_show_what_rules_can_say() -> None:
    """A photo, unused and unopened, a clause for final sale, two people, and whole orders."""
    rules = read("rules.toml")["rule"]
    assert {rule["intents"][0] for rule in rules if rule.get("evidence") == "photo"} == {
        "damaged-item",
        "warranty-claim",
    }
    returns = [rule for rule in rules if "return-request" in rule["intents"]]
    assert all(rule["covers_used"] is False for rule in returns)
    assert {rule["exclusion_clause"] for rule in returns} == {"returns.final-sale"}
    assert [tier["people"] for rule in rules for tier in rule.get("tiers", ())] == [2]
    whole = {rule["intents"][0] for rule in rules if rule.get("whole_order")}
    assert whole == {"cancel-order", "late-delivery"}
    assert not any(rule.get("auto_up_to") for rule in rules)


def test_every_rule_agrees_with_its_clause_while_both_are_in_force() -> None:
    months = {365: "12 months", 730: "24 months"}
    for rule in read("rules.toml")["rule"]:
        last = rule.get("effective_to", TODAY + timedelta(days=1)) - timedelta(days=1)
        first, then = (
            clauses_on(day).get(rule["clause"]) for day in (rule["effective_from"], last)
        )
        assert first, rule["name"]
        assert first == then, rule["name"]
        if days := rule.get("window_days"):
            said = months.get(days, f"{days} days")
            assert said in first or f"day {days}" in first, rule["name"]
        if fee := rule["fee_percent"]:
            assert f"{fee}%" in first


def test_what_a_rule_does_not_cover_is_said_by_a_clause_while_it_holds() -> None:
    for rule in read("rules.toml")["rule"]:
        if not (ref := rule.get("exclusion_clause")):
            continue
        last = rule.get("effective_to", TODAY + timedelta(days=1)) - timedelta(days=1)
        for day in (rule["effective_from"], last):
            assert "final sale" in clauses_on(day)[ref]


def test_a_limit_is_higher_where_more_people_approve() -> None:
    limits = [
        (limit["approvers"], Decimal(limit["up_to"])) for limit in read("rules.toml")["limit"]
    ]
    assert limits == [(1, Decimal("250.00")), (2, Decimal("1000.00"))]


def test_the_catalogue_is_a_real_shop_s() -> None:
    products = load_catalogue().values()
    assert len(products) >= 60
    assert len({product.category for product in products}) >= 9
    assert len({product.name for product in products}) == len(products)


def test_the_counts_hold_and_ids_are_unique(company: Company) -> None:
    for rows, key, count in (
        (company.customers, "external_id", 200),
        (company.customers, "email", 200),
        (company.orders, "number", 600),
        (company.tickets, "external_id", 300),
        (company.tickets, "body", 300),
    ):
        assert len(rows) == len({row[key] for row in rows}) == count
    references = [paid["reference"] for order in company.orders for paid in order["payments"]]
    assert len(references) == len(set(references))


def test_every_order_is_of_a_customer_who_was_there_before_it(company: Company) -> None:
    since = {row["external_id"]: row["since"] for row in company.customers}
    per_customer = Counter(order["customer"] for order in company.orders)
    assert all(order["placed_at"][:10] >= since[order["customer"]] for order in company.orders)
    assert min(per_customer[one] for one in since) == 1
    assert max(per_customer.values()) >= 8


def test_payments_add_up_to_the_lines_and_refunds_stay_within_them(company: Company) -> None:
    for order in company.orders:
        paid = {"capture": Decimal(0), "refund": Decimal(0)}
        for payment in order["payments"]:
            paid[payment["kind"]] += Decimal(payment["amount"])
            assert Decimal(payment["amount"]) > 0
        assert paid["capture"] == (
            0 if order["status"] == "pending" else compute_total(order["lines"])
        )
        assert paid["refund"] <= paid["capture"]


def test_the_dates_of_an_order_agree_with_its_status(company: Company) -> None:
    for order in company.orders:
        placed, promised = (
            datetime.fromisoformat(order[key]) for key in ("placed_at", "promised_at")
        )
        assert timedelta(0) < promised - placed
        assert timedelta(0) <= TODAY - placed.date() < timedelta(days=430)
        assert order["status"] in STATUSES
        assert bool(order["delivered_at"]) == (order["status"] in {"delivered", "returned"})
        if order["delivered_at"]:
            assert order["placed_at"] < order["delivered_at"] < TODAY.isoformat()
        assert all(payment["at"][:10] <= TODAY.isoformat() for payment in order["payments"])


def test_orders_fall_under_older_and_newer_terms(company: Company) -> None:
    changes = [
        versions[-1][0].isoformat() for versions in read_policies().values() if len(versions) > 1
    ]
    for change in changes:
        assert sum(order["placed_at"] < change for order in company.orders) >= 30
        assert sum(order["placed_at"] >= change for order in company.orders) >= 30


def test_every_state_final_sale_and_earlier_refund_occurs(company: Company) -> None:
    assert {order["status"] for order in company.orders} == STATUSES
    assert sum(line["final_sale"] for order in company.orders for line in order["lines"]) >= 20
    refunded = [
        order
        for order in company.orders
        if any(payment["kind"] == "refund" for payment in order["payments"])
    ]
    assert {order["status"] for order in refunded} == {"delivered", "returned", "cancelled"}


def test_every_placeholder_of_every_ticket_resolves(company: Company) -> None:
    for ticket in company.tickets:
        assert not re.search(r"[{}]", ticket["subject"] + ticket["body"])


def test_every_ticket_needs_something_known() -> None:
    known = {*ORDER_KINDS, *EXTRA_NEEDS, *NEEDS_WITHOUT_ORDER}
    labels = {intent["slug"] for intent in read("intents.toml")["intent"]} | {"none"}
    for letter in load_letters():
        assert letter.needs in known
        assert set(letter.labels) <= labels
        assert {letter.item, *letter.also} <= {"", *load_catalogue()}
        assert letter.needs != "unknown sender" or letter.sender


def test_every_intent_is_asked_for_and_some_tickets_ask_for_nothing(company: Company) -> None:
    asked = Counter(label for labels in company.labels.values() for label in labels)
    assert set(company.labels) == {ticket["external_id"] for ticket in company.tickets}
    assert len(asked) == 15
    assert min(asked.values()) >= 12
    assert asked["none"] >= 20
    assert sum(len(labels) > 1 for labels in company.labels.values()) >= 10


def test_no_ticket_is_an_example_of_the_taxonomy() -> None:
    def shape(text: str) -> str:
        return re.sub(r"[^a-z]+", " ", re.sub(r"\{\w+\}|HP-\d+", "", text).lower()).strip()

    content = read("intents.toml")
    texts = [*content["background"], *(one for i in content["intent"] for one in i["examples"])]
    taught = {shape(text) for text in texts} - {""}
    assert not [letter.body for letter in load_letters() if shape(letter.body) in taught]


def test_tickets_come_in_the_last_three_days_at_human_hours(company: Company) -> None:
    times = [datetime.fromisoformat(ticket["received_at"]) for ticket in company.tickets]
    assert times == sorted(times)
    assert {(TODAY - at.date()).days for at in times} == {1, 2, 3}
    assert all(7 <= at.hour <= 22 for at in times)


def test_a_ticket_about_an_order_comes_after_it(company: Company) -> None:
    orders = orders_by_number(company)
    for ticket in company.tickets:
        for number in re.findall(r"HP-\d{5}\b", ticket["subject"] + ticket["body"]):
            if number in orders:
                assert orders[number]["placed_at"] < ticket["received_at"]


def test_a_ticket_speaks_of_its_writer_s_own_order_unless_it_says_so(company: Company) -> None:
    orders, ids = (
        orders_by_number(company),
        {row["email"]: row["external_id"] for row in company.customers},
    )
    needs = {letter.external_id: letter for letter in load_letters()}
    for ticket in company.tickets:
        letter = needs[ticket["external_id"]]
        strange = letter.needs == "other order" or bool(letter.sender)
        for number in re.findall(r"HP-\d+", ticket["subject"] + ticket["body"]):
            own = number in orders and orders[number]["customer"] == ids.get(ticket["email"])
            assert own != (strange or number.startswith("HP-9"))


def test_who_does_not_say_which_order_has_several(company: Company) -> None:
    ids = {row["email"]: row["external_id"] for row in company.customers}
    per_customer = Counter(order["customer"] for order in company.orders)
    wanted = {letter.external_id for letter in load_letters() if letter.needs == "several orders"}
    writers = [
        ids[ticket["email"]] for ticket in company.tickets if ticket["external_id"] in wanted
    ]
    assert writers
    assert min(per_customer[writer] for writer in writers) >= 3


def test_every_address_is_of_an_example_domain(company: Company) -> None:
    for row in [*company.customers, *company.tickets]:
        assert re.fullmatch(r"[^@\s]+@([\w-]+\.example|example\.(com|org|net))", row["email"])


def test_the_same_day_and_seed_give_the_same_company(company: Company) -> None:
    assert build_company(TODAY) == company
    assert build_company(TODAY, seed=8) != company


@pytest.mark.parametrize("today", [date(2026, 3, 1), date(2027, 2, 28), date(2028, 2, 29)])
def test_the_company_can_be_built_for_any_day(today: date) -> None:
    built = build_company(today)
    assert len(built.orders) == 600
    assert max(ticket["received_at"] for ticket in built.tickets) < today.isoformat()


def test_some_damage_is_shown_in_a_picture_and_some_is_not() -> None:
    damaged = [letter for letter in load_letters() if "damaged-item" in letter.labels]
    shown = [letter for letter in damaged if letter.photo]
    assert 4 <= len(shown) < len(damaged)
    picture = draw_photo(shown[0].external_id)
    assert picture.startswith(b"\x89PNG")
    assert picture == draw_photo(shown[0].external_id) != draw_photo(shown[1].external_id)


@pytest.mark.django_db
def test_a_picture_comes_with_its_ticket(company: Company) -> None:
    shown = {letter.external_id for letter in load_letters() if letter.photo}
    row = next(row for row in company.tickets if row["external_id"] in shown)
    load._receive_ticket(row)
    assert Attachment.objects.get().content_type == "image/png"
