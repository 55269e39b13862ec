"""Stock: places, the ledger of movements, balances, and what is promised to whom."""

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from erp.fields import MoneyField, QuantityField, UnitPriceField
from erp.models import ScopedQuerySet, append_only
from inventory.models.low import count_items, count_place
from inventory.models.product import Product


class Warehouse(models.Model):
    """A building with stock in it."""

    code = models.CharField(_("code"), max_length=20, unique=True)
    name = models.CharField(_("name"), max_length=60)
    address = models.CharField(_("address"), max_length=200, blank=True)
    is_active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("warehouse")
        verbose_name_plural = _("warehouses")
        ordering = ["code"]

    def __str__(self) -> str:
        return self.name


class Place(models.Model):
    """Where a quantity can be: a bin of a warehouse, or a virtual place, so that nothing appears from nowhere."""

    class Kind(models.TextChoices):
        BIN = "bin", _("bin")  # stock that can be promised and picked
        QUARANTINE = "quarantine", _("quarantine")  # in the house, not for sale until inspected
        DAMAGED = "damaged", _("damaged stock")  # in the house, never for sale
        TRANSIT = "transit", _("in transit")  # ours, on its way between two warehouses
        SUPPLIER = "supplier", _("supplier")
        CUSTOMER = "customer", _("customer")
        PRODUCTION = "production", _("production")
        ADJUSTMENT = "adjustment", _("adjustment")

    IN_WAREHOUSE = (Kind.BIN, Kind.QUARANTINE, Kind.DAMAGED)
    HOUSE = (*IN_WAREHOUSE, Kind.TRANSIT)  # stock of ours, valued and in the general ledger

    code = models.CharField(_("code"), max_length=40, unique=True)
    kind = models.CharField(_("kind"), max_length=12, choices=Kind, default=Kind.BIN)
    warehouse = models.ForeignKey(
        Warehouse, on_delete=models.PROTECT, null=True, blank=True, related_name="places", verbose_name=_("warehouse")
    )
    pick_order = models.PositiveIntegerField(_("picking order"), default=0)

    class Meta:
        verbose_name = _("place")
        verbose_name_plural = _("places")
        ordering = ["pick_order", "code"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=["bin", "quarantine", "damaged", "transit"], warehouse__isnull=False)
                | (~Q(kind__in=["bin", "quarantine", "damaged", "transit"]) & Q(warehouse__isnull=True)),
                name="place_in_warehouse_or_virtual",
            ),
        ]
        triggers = [count_place("place_low_kind")]

    def __str__(self) -> str:
        return self.code


class Lot(models.Model):
    """A batch of one product."""

    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="lots")
    number = models.CharField(_("number"), max_length=60)
    expires_on = models.DateField(_("expires on"), null=True, blank=True)

    class Meta:
        verbose_name = _("lot")
        verbose_name_plural = _("lots")
        constraints = [models.UniqueConstraint(fields=["product", "number"], name="lot_product_number")]

    def __str__(self) -> str:
        return self.number


class StockMoveQuerySet(ScopedQuerySet):
    """The ledger is seen by whoever sees stock."""

    view_permission = "inventory.view_stockitem"


class StockMove(models.Model):
    """One movement in the stock ledger (库存流水): always from somewhere to somewhere, never changed.

    `quantity` is in the product's stock unit and positive; `value` is what the quantity is worth in CNY; `key` makes a
    repeat harmless.
    """

    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="moves")
    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, null=True, related_name="moves")
    source = models.ForeignKey(Place, on_delete=models.PROTECT, related_name="moves_out")
    target = models.ForeignKey(Place, on_delete=models.PROTECT, related_name="moves_in")
    quantity = QuantityField(_("quantity"), default=None)
    unit_cost = UnitPriceField(_("unit cost"))
    value = MoneyField(_("value"))
    document_type = models.CharField(_("document type"), max_length=60, blank=True)
    document_id = models.BigIntegerField(_("document"), null=True)
    line_id = models.BigIntegerField(_("line"), null=True)
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    at = models.DateTimeField(_("at"), default=timezone.now)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    key = models.CharField(_("key"), max_length=120, unique=True)

    objects = StockMoveQuerySet.as_manager()

    class Meta:
        verbose_name = _("stock move")
        verbose_name_plural = _("stock moves")
        constraints = [
            models.CheckConstraint(condition=Q(quantity__gt=0), name="stockmove_quantity_positive"),
            models.CheckConstraint(condition=~Q(source=F("target")), name="stockmove_source_is_not_target"),
        ]
        indexes = [
            models.Index(fields=["product", "-id"], name="stockmove_product"),
            models.Index(fields=["document_type", "document_id"], name="stockmove_document"),
        ]
        triggers = [append_only("stockmove_append_only")]

    def __str__(self) -> str:
        return f"{self.product_id}: {self.quantity} {self.source_id} → {self.target_id}"


class StockItemQuerySet(ScopedQuerySet):
    """Balances by what they are good for."""

    def pickable(self) -> "StockItemQuerySet":
        """Stock that can be promised: in a bin of an active warehouse."""
        return self.filter(place__kind=Place.Kind.BIN, place__warehouse__is_active=True)


class StockItem(models.Model):
    """The balance of one product (and lot) in one place; kept in the transaction that writes the ledger."""

    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="stock_items")
    place = models.ForeignKey(Place, on_delete=models.PROTECT, related_name="stock_items")
    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, null=True, related_name="stock_items")
    on_hand = QuantityField(_("on hand"))
    reserved = QuantityField(_("reserved"))

    objects = StockItemQuerySet.as_manager()

    class Meta:
        verbose_name = _("stock item")
        verbose_name_plural = _("stock items")
        permissions = [("adjust_stock", "Can adjust stock")]
        constraints = [
            models.UniqueConstraint(
                fields=["product", "place", "lot"], name="stockitem_product_place_lot", nulls_distinct=False
            ),
            models.CheckConstraint(
                condition=Q(reserved__gte=0) & Q(reserved__lte=F("on_hand")), name="stockitem_reserved_within_on_hand"
            ),
        ]
        triggers = [
            count_items("stockitem_low_insert", pgtrigger.Insert),
            count_items("stockitem_low_update", pgtrigger.Update),
            count_items("stockitem_low_delete", pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.product_id} @ {self.place_id}"

    @property
    def available(self) -> object:
        """On hand and promised to nobody, in stock units."""
        return self.on_hand - self.reserved


class ProductCost(models.Model):
    """Moving average: how much of a product a warehouse holds and what it is worth (CNY), quarantine included."""

    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="costs")
    warehouse = models.ForeignKey(Warehouse, on_delete=models.PROTECT, related_name="+")
    quantity = QuantityField(_("quantity"))
    value = MoneyField(_("value"))

    class Meta:
        verbose_name = _("product cost")
        verbose_name_plural = _("product costs")
        constraints = [
            models.UniqueConstraint(fields=["product", "warehouse"], name="productcost_product_warehouse"),
            models.CheckConstraint(condition=Q(quantity__gte=0), name="productcost_quantity_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.product_id}: {self.quantity} = {self.value}"


class Reservation(models.Model):
    """Stock promised to a line of a document (库存占用): the balance of its entries, deleted when it reaches zero."""

    item = models.ForeignKey(StockItem, on_delete=models.PROTECT, related_name="reservations")
    holder_type = models.CharField(_("holder type"), max_length=60)
    holder_id = models.BigIntegerField(_("holder"))
    quantity = QuantityField(_("quantity"), default=None)
    since = models.DateTimeField(_("since"), default=timezone.now)

    class Meta:
        verbose_name = _("reservation")
        verbose_name_plural = _("reservations")
        constraints = [
            models.UniqueConstraint(fields=["item", "holder_type", "holder_id"], name="reservation_item_holder"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="reservation_quantity_positive"),
        ]
        indexes = [models.Index(fields=["holder_type", "holder_id"], name="reservation_holder")]

    def __str__(self) -> str:
        return f"{self.holder_type} {self.holder_id}: {self.quantity}"


class ReservationEntry(models.Model):
    """One signed row of the reservation ledger: who got or gave back how much, when and why."""

    item = models.ForeignKey(StockItem, on_delete=models.PROTECT, related_name="reservation_entries")
    holder_type = models.CharField(_("holder type"), max_length=60)
    holder_id = models.BigIntegerField(_("holder"))
    quantity = QuantityField(_("signed quantity"), default=None)
    reason = models.CharField(_("reason"), max_length=40)
    at = models.DateTimeField(_("at"), default=timezone.now)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = _("reservation entry")
        verbose_name_plural = _("reservation entries")
        indexes = [
            models.Index(fields=["holder_type", "holder_id"], name="reservationentry_holder"),
        ]
        triggers = [append_only("reservationentry_append_only")]

    def __str__(self) -> str:
        return f"{self.holder_type} {self.holder_id}: {self.quantity}"
