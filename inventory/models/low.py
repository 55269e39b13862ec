"""Products whose free stock is below their reorder point, kept by the database beside the balances."""

import pgtrigger
from django.db import models
from django.utils.translation import gettext_lazy as _


class LowStock(models.Model):
    """A product with less free stock in bins than its reorder point (低库存).

    There is a row for each of the few, so that nobody adds up the stock of all products to find them. Triggers write it
    (`inventory_count_low`, see its migration): whoever changes balances, reorder points or kinds of places changes it.
    """

    product = models.OneToOneField(
        "inventory.Product", on_delete=models.CASCADE, primary_key=True, related_name="low", verbose_name=_("product")
    )

    class Meta:
        verbose_name = _("low stock")
        verbose_name_plural = _("low stock")

    def __str__(self) -> str:
        return str(self.product_id)


def count_items(name: str, operation: pgtrigger.Operation) -> pgtrigger.Trigger:
    """After a statement on balances: count their products again."""
    gone = operation == pgtrigger.Delete
    return pgtrigger.Trigger(
        name=name,
        level=pgtrigger.Statement,
        when=pgtrigger.After,
        operation=operation,
        referencing=pgtrigger.Referencing(old="changed") if gone else pgtrigger.Referencing(new="changed"),
        func="PERFORM inventory_count_low(ARRAY(SELECT DISTINCT product_id FROM changed)); RETURN NULL;",
    )


def count_product(name: str, operation: pgtrigger.Operation, condition: pgtrigger.Condition) -> pgtrigger.Trigger:
    """After a product with another reorder point is saved."""
    return pgtrigger.Trigger(
        name=name,
        when=pgtrigger.After,
        operation=operation,
        condition=condition,
        func="PERFORM inventory_count_low(ARRAY[NEW.id]); RETURN NULL;",
    )


def count_place(name: str) -> pgtrigger.Trigger:
    """After a place has become another kind of place."""
    return pgtrigger.Trigger(
        name=name,
        when=pgtrigger.After,
        operation=pgtrigger.Update,
        condition=pgtrigger.Q(old__kind__df=pgtrigger.F("new__kind")),
        func=(
            "PERFORM inventory_count_low(ARRAY(SELECT DISTINCT product_id FROM inventory_stockitem"
            " WHERE place_id = NEW.id)); RETURN NULL;"
        ),
    )
