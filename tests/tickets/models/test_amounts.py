"""Amounts in the coins of their currency, as ISO 4217 lists them and as rows hold them."""

from __future__ import annotations

import re
import tomllib
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError

from approvals.models import ApprovalLimit, Care, RefundRule, RuleTier
from tickets.models import Offer
from tickets.models.amounts import (
    CURRENCIES,
    drop_empty_decimals,
    find_amount_problem,
    get_decimal_places,
    load_minor_units,
    write_amount,
)

# ISO 4217 list one of 2026-01-01: all that are no hundredths. Every other code is.
WHOLE = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF".split()
THOUSANDTHS = "BHD IQD JOD KWD LYD OMR TND".split()
TEN_THOUSANDTHS = "CLF UYW".split()
HUNDREDTHS = """
AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF
CHE CHF CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD
GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL
MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR
PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP
TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XAD XCD XCG YER ZAR ZMW ZWG
""".split()


@pytest.mark.parametrize(
    ("decimals", "codes"),
    [(0, WHOLE), (2, HUNDREDTHS), (3, THOUSANDTHS), (4, TEN_THOUSANDTHS)],
)
def test_every_currency_has_the_decimals_that_iso_gives_it(decimals: int, codes: list[str]) -> None:
    assert {code: get_decimal_places(code) for code in codes} == dict.fromkeys(codes, decimals)


def test_the_list_is_whole_and_says_of_which_day_it_is() -> None:
    listed = [*WHOLE, *HUNDREDTHS, *THOUSANDTHS, *TEN_THOUSANDTHS]
    assert sorted(load_minor_units()) == sorted(listed)
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", tomllib.loads(CURRENCIES.read_text())["edition"])


def test_a_currency_that_is_not_listed_any_more_has_hundredths() -> None:
    assert [get_decimal_places(code) for code in ("HRK", "XQQ")] == [2, 2]


@pytest.mark.parametrize(
    ("amount", "currency", "problem"),
    [
        ("1000", "JPY", ""),
        ("1000.00", "JPY", ""),
        ("1000.50", "JPY", "JPY has no smaller coins: write a whole amount"),
        ("10.50", "RSD", ""),
        ("10.505", "RSD", "RSD has 2 decimals: round it yourself"),
        ("4.275", "KWD", ""),
        ("4.2755", "TND", "TND has 3 decimals: round it yourself"),
        ("0.01", "ISK", "ISK has no smaller coins: write a whole amount"),
    ],
)
def test_an_amount_nobody_can_pay_says_why(amount: str, currency: str, problem: str) -> None:
    assert find_amount_problem(Decimal(amount), currency) == problem


@pytest.mark.parametrize(
    ("amount", "kept"),
    [("49", "49.00"), ("49.0000", "49.00"), ("1.1250", "1.125"), ("0.0001", "0.0001")],
)
def test_an_amount_is_written_the_same_whatever_the_rows_could_hold(amount: str, kept: str) -> None:
    assert write_amount(Decimal(amount)) == kept


@pytest.mark.django_db
@pytest.mark.parametrize("price", ["49.00", "4.275", "9999999999.9999", "0.00"])
def test_a_row_gives_back_the_amount_it_was_given(price: str) -> None:
    Offer.objects.create(sku=price, product="P", name="Lamp", unit_price=Decimal(price))
    found = Offer.objects.get().unit_price
    assert (found, str(found)) == (Decimal(price), str(drop_empty_decimals(Decimal(price))))


@pytest.mark.parametrize(
    ("row", "field"),
    [
        (ApprovalLimit(currency="JPY", up_to=Decimal("0.50"), two_above=Decimal(1)), "up_to"),
        (ApprovalLimit(currency="JPY", up_to=Decimal(1), two_above=Decimal("0.50")), "two_above"),
        (Care(currency="KRW", blind_above=Decimal("1.50")), "blind_above"),
        (RefundRule(currency="GBP", fee_amount=Decimal("2.505")), "fee_amount"),
        (RefundRule(currency="VND", auto_up_to=Decimal("2.50")), "auto_up_to"),
        (RuleTier(rule=RefundRule(currency="JPY"), above=Decimal("9.90")), "above"),
    ],
)
def test_a_limit_or_fee_nobody_can_pay_is_refused_where_ada_types_it(
    row: ApprovalLimit | Care | RefundRule | RuleTier, field: str
) -> None:
    with pytest.raises(ValidationError, match="cannot be paid") as refused:
        row.clean()
    assert set(refused.value.message_dict) == {field}
