"""The demo shop's customers: names from many places, addresses at example domains.

Pure. Names, streets and towns are in ``people.toml``.
"""

from __future__ import annotations

import tomllib
import unicodedata
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

HERE = Path(__file__).parent
EMAIL_DOMAINS = ("example.com", "example.org", "example.net")
POSTCODE_LETTERS = "ABDEFGHJLNPQRSTUWXYZ"


@dataclass(frozen=True, kw_only=True)
class Person:
    """A customer before any order; ``country`` is a two-letter code."""

    external_id: str
    name: str
    email: str
    address: str
    city: str
    country: str

    @property
    def first(self) -> str:
        return self.name.split()[0]


def generate_people(seed: int) -> list[Person]:
    """Everyone in ``people.toml``, with the same name and number for any seed."""
    data = _load_data()
    named = [(country, name) for country, names in data["names"].items() for name in names]
    rng = Random(f"{seed}:people")
    everyone: list[Person] = []
    taken: set[str] = set()
    for index, (country, name) in enumerate(named, start=1):
        address, city = _choose_address(rng, country)
        email = _choose_email(rng, name, taken)
        everyone.append(
            Person(
                external_id=f"C-{2000 + index}",
                name=name,
                email=email,
                address=address,
                city=city,
                country=country,
            )
        )
    return everyone


@cache
def _load_data() -> dict[str, Any]:
    return tomllib.loads((HERE / "people.toml").read_text(encoding="utf-8"))


def _choose_address(rng: Random, country: str) -> tuple[str, str]:
    """A postal address and the town in it."""
    street = rng.choice(_load_data()["streets"][country])
    town: str = rng.choice(_load_data()["towns"][country])
    number = rng.randint(1, 94)
    if country == "GB":
        inward = f"{rng.randint(1, 9)}{rng.choice(POSTCODE_LETTERS)}{rng.choice(POSTCODE_LETTERS)}"
        return f"{number} {street}, {town} {inward}", town.rsplit(" ", 1)[0]
    if country == "IE":
        inward = f"{rng.choice(POSTCODE_LETTERS)}{rng.randint(100, 999)}"
        return f"{number} {street}, {town} {inward}", town.rsplit(" ", 1)[0]
    place = f"{number} {street}" if country == "FR" else f"{street} {number}"
    return f"{place}, {town}", town.split(" ", 1)[1]


def _choose_email(rng: Random, name: str, taken: set[str]) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    first, *rest = ("".join(c for c in part if c.isalpha()) for part in plain.split())
    last = rest[-1]
    year = rng.randint(61, 99)
    local = rng.choice(
        [f"{first}.{last}", f"{first[0]}{last}", f"{last}.{first}", f"{first}{year}"]
    )
    address = f"{local}@{rng.choice(EMAIL_DOMAINS)}"
    while address in taken:
        address = f"{local}{rng.randint(2, 99)}@{rng.choice(EMAIL_DOMAINS)}"
    taken.add(address)
    return address
