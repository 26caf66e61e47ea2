"""How small the coins of a currency are, by ISO 4217 (not by CLDR, whose lek has no hundredths)."""

from tickets.models.amounts import get_decimal_places

__all__ = ["get_decimal_places"]
