"""The demo shop's products, and the lines of its orders.

Pure. The catalogue is ``products.toml``; a line is in the format of the order import.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

HERE = Path(__file__).parent
FREE_DELIVERY_FROM = Decimal(50)
FINAL_SALE_ODDS = 0.06
EXPRESS_ODDS = 0.12


@dataclass(frozen=True, kw_only=True)
class Product:
    """One product; ``sizes`` is empty for those that come in one."""

    code: str
    name: str
    category: str
    price: Decimal
    sizes: tuple[str, ...] = ()
    large: bool = False

    @property
    def spoken_name(self) -> str:
        """The name as a customer says it, without measures."""
        return re.sub(r"(,.*| [\dx ]+( [lm])?)$", "", self.name)


@cache
def load_catalogue() -> dict[str, Product]:
    """Every product by its code, in the order of the file."""
    data = tomllib.loads((HERE / "products.toml").read_text(encoding="utf-8"))
    return {
        code: Product(
            code=code,
            name=name,
            category=category,
            price=Decimal(price),
            sizes=tuple(data["sizes"].get(shelf.get("sizes", ""), ())),
            large=code in data["large"],
        )
        for category, shelf in data["category"].items()
        for code, name, price in shelf["products"]
    }


@dataclass(frozen=True, kw_only=True)
class BasketConstraints:
    """What the first line of a basket must be, and which products must follow.

    Without a ``code`` any product will do; the other fields hold all the same.
    """

    code: str = ""
    quantity: int = 1
    size: str = ""
    final_sale: bool = False
    also: tuple[str, ...] = ()


def generate_basket(rng: Random, wish: BasketConstraints | None = None) -> list[dict[str, Any]]:
    """Lines of one order, in the format of the order import; paid delivery is the last."""
    products = load_catalogue()
    codes = rng.sample(list(products), k=rng.choices([1, 2, 3, 4], [46, 30, 17, 7])[0])
    if wish:
        codes = list(dict.fromkeys(code for code in (wish.code, *wish.also, *codes) if code))
    lines = [_generate_line(rng, products[code]) for code in codes]
    if wish:
        lines[0] = _build_required_line(rng, products[codes[0]], wish)
    return lines + _build_delivery_lines(
        rng, lines, large=any(products[code].large for code in codes)
    )


def compute_total(lines: list[dict[str, Any]]) -> Decimal:
    """The sum of the lines in pounds."""
    return sum((Decimal(line["unit_price"]) * line["quantity"] for line in lines), Decimal(0))


def _build_required_line(rng: Random, product: Product, wish: BasketConstraints) -> dict[str, Any]:
    size = wish.size or (rng.choice(product.sizes) if product.sizes else "")
    return _build_line(product, size, wish.quantity, wish.final_sale)


def _generate_line(rng: Random, product: Product) -> dict[str, Any]:
    size = rng.choice(product.sizes) if product.sizes else ""
    return _build_line(
        product, size, _choose_quantity(rng, product.price), rng.random() < FINAL_SALE_ODDS
    )


def _build_line(product: Product, size: str, quantity: int, final_sale: bool) -> dict[str, Any]:
    price = _reduce_price(product.price) if final_sale else product.price
    return {
        "sku": f"HP-{product.code}-{size}" if size else f"HP-{product.code}",
        "name": f"{product.name}, size {size}" if size else product.name,
        "category": product.category,
        "quantity": quantity,
        "unit_price": f"{price:.2f}",
        "final_sale": final_sale,
    }


def _choose_quantity(rng: Random, price: Decimal) -> int:
    if price < 30:
        return rng.choices([1, 2, 3, 4, 6], [50, 28, 6, 10, 6])[0]
    return rng.choices([1, 2], [92, 8])[0]


def _reduce_price(price: Decimal) -> Decimal:
    """A third off, to the half pound."""
    return (price * Decimal("1.34")).quantize(Decimal(1)) / 2


def _build_delivery_lines(
    rng: Random, lines: list[dict[str, Any]], *, large: bool
) -> list[dict[str, Any]]:
    """The line for delivery, or none where it is free."""
    if large:
        way = ("TWO", "Two-person delivery", "29.00")
    elif rng.random() < EXPRESS_ODDS:
        way = ("EXP", "Express delivery", "7.95")
    elif compute_total(lines) < FREE_DELIVERY_FROM:
        way = ("STD", "Standard delivery", "3.95")
    else:
        return []
    code, name, price = way
    product = Product(code=f"DEL-{code}", name=name, category="delivery", price=Decimal(price))
    return [_build_line(product, "", 1, False)]
