"""What the shop sells now: imported, and known to a case of a customer who bought its like."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from django.core.management import call_command

from tests.support import shop_rows
from tickets import intake
from tickets.intake import BadRow
from tickets.models import Offer, OrderLine
from triage.pipeline.case_builder import build_case

pytestmark = pytest.mark.django_db

LAMP = {"sku": "L1", "product": "lamp", "name": "Lamp, colour: red", "unit_price": "20.00"}


def test_an_offer_comes_in_once_and_is_brought_up_to_date() -> None:
    assert intake.receive_offer(LAMP).did == "created"
    assert intake.receive_offer(LAMP).did == "unchanged"
    assert intake.receive_offer({**LAMP, "unit_price": "18.00", "available": "no"}).did == "updated"
    offer = Offer.objects.get()
    assert (str(offer.unit_price), offer.available) == ("18.00", False)


@pytest.mark.parametrize(
    "wrong",
    [
        {"unit_price": "cheap"},
        {"product": ""},
        {"currency": "pounds"},
        {"sku": ""},
        {"currency": "JPY", "unit_price": "20.50"},
    ],
)
def test_an_offer_that_cannot_be_is_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(BadRow):
        intake.receive_offer({**LAMP, **wrong})
    assert not Offer.objects.exists()


def test_offers_are_imported_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "offers.jsonl"
    path.write_text(json.dumps(LAMP))
    call_command("import_offers", str(path))
    assert Offer.objects.get().name == "Lamp, colour: red"


def test_a_case_has_the_offers_of_what_was_bought_and_no_others() -> None:
    order = shop_rows.order()
    line = OrderLine.objects.filter(order=order).first()
    assert line is not None
    OrderLine.objects.filter(pk=line.pk).update(sku="L1")
    for row in (LAMP, {**LAMP, "sku": "L2"}, {**LAMP, "sku": "K1", "product": "kettle"}):
        intake.receive_offer(row)
    intake.receive_offer({**LAMP, "sku": "L3", "currency": "USD"})
    case = build_case(shop_rows.ticket("I want to exchange it."))
    assert [offer.sku for offer in case.offers] == ["L1", "L2"]
