"""Columns for money and quantities, always decimal and of the same precision; and for secrets, encrypted at rest."""

from decimal import Decimal
from typing import Any

from django.db import models

from erp import vault


class MoneyField(models.DecimalField):
    """An amount in the document's currency, numeric(18,2)."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.update(max_digits=18, decimal_places=2)
        kwargs.setdefault("default", Decimal("0.00"))
        super().__init__(*args, **kwargs)


class QuantityField(models.DecimalField):
    """A quantity in the product's stock unit, numeric(18,4)."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.update(max_digits=18, decimal_places=4)
        kwargs.setdefault("default", Decimal("0.0000"))
        super().__init__(*args, **kwargs)


class UnitPriceField(models.DecimalField):
    """A price or cost of one unit, numeric(18,6)."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.update(max_digits=18, decimal_places=6)
        kwargs.setdefault("default", Decimal("0.000000"))
        super().__init__(*args, **kwargs)


class RateField(models.DecimalField):
    """A share or tax rate (0.13 is 13 %), or an exchange rate, numeric(12,6)."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.update(max_digits=12, decimal_places=6)
        kwargs.setdefault("default", Decimal("0.000000"))
        super().__init__(*args, **kwargs)


class SecretField(models.TextField):
    """A secret of a partner: plain in memory, encrypted in the database; cannot be searched for."""

    def get_prep_value(self, value: Any) -> Any:
        return vault.seal(super().get_prep_value(value) or "")

    def from_db_value(self, value: str | None, *args: Any) -> str:
        return vault.unseal(value or "")
