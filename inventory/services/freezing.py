"""Bins that are being counted and frozen: nothing goes in or out until the count is posted or given up."""

from collections.abc import Collection

from django.db.models import Model
from django.utils.translation import gettext as _

from erp.errors import BusinessError
from inventory.models import CountBin, StockCount, StockItem

# What a shipment takes lies packed at the door and was off the shelf before: counting the bin is not disturbed.
OFF_THE_SHELF = ("shipping.Shipment",)


def refuse_frozen(place_ids: Collection[int], document: Model | None = None) -> None:
    """Raise BusinessError when one of the places is frozen by a count; one query.

    Call it after the stock items are locked: a count locks them when it begins, so either sees the other.
    """
    if document is not None and (isinstance(document, StockCount) or document._meta.label in OFF_THE_SHELF):
        return
    rows = CountBin.objects.filter(place_id__in=place_ids, open=True, frozen=True)
    found = rows.select_related("place", "document").order_by("place__code").first()
    if found is not None:
        raise BusinessError(
            _("%(place)s is frozen: stock count %(count)s is under way.")
            % {"place": found.place.code, "count": found.document.number},
            hint=_("Wait until the count is posted, or use another bin."),
            field="place",
            code="frozen",
        )


def lock_shelves(item_ids: Collection[int]) -> None:
    """Lock stock items from whose shelves goods are about to be taken by hand; refuses frozen places.

    Whoever counts a shelf locks them as well, so that what lies there is either counted or taken, never half of both.
    """
    keys = StockItem.objects.filter(pk__in=item_ids).values_list("product_id", "place_id", "place__warehouse_id")
    rows = list(keys)
    locked = StockItem.objects.select_for_update(of=("self",)).filter(
        product_id__in={product for product, _place, _house in rows},
        place__warehouse_id__in={house for _product, _place, house in rows},
    )
    list(locked.order_by("id").values_list("pk", flat=True))
    refuse_frozen({place for _product, place, _house in rows})
