"""What narrows the lists of stock, movements and purchase orders; all of it stands in the URL."""

from typing import Any

import django_filters
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from inventory.models import (
    Category,
    Place,
    Product,
    PurchaseLine,
    PurchaseOrder,
    StockItem,
    StockMove,
    Supplier,
    SupplyRequest,
    Warehouse,
)
from inventory.needs import below_reorder_point


def short(rows: QuerySet[Product], warehouse: Warehouse | None = None) -> QuerySet[Product]:
    """Products that somebody waits for."""
    wanted = SupplyRequest.objects.filter(product=OuterRef("pk"), status=SupplyRequest.Status.OPEN)
    return rows.filter(Exists(wanted.filter(warehouse=warehouse) if warehouse else wanted))


def in_stock(warehouse: Warehouse | None = None) -> Exists:
    """Whether a product lies in a bin."""
    bins = Place.objects.filter(kind=Place.Kind.BIN)
    if warehouse is not None:
        # Named one by one, so that PostgreSQL goes product by product and stops when the page is full.
        bins = list(bins.filter(warehouse=warehouse).values_list("pk", flat=True))  # type: ignore[assignment]
    return Exists(StockItem.objects.filter(product=OuterRef("pk"), place__in=bins, on_hand__gt=0))


class StockFilter(django_filters.FilterSet):
    """Narrows the stock list."""

    STATES = [("short", _("Somebody waits")), ("low", _("Below reorder point")), ("zero", _("Out of stock"))]

    q = django_filters.CharFilter(method="by_words", label=_("Search"))
    category = django_filters.ModelChoiceFilter(
        queryset=Category.objects.all(), method="by_category", label=_("Category"), empty_label=_("All categories")
    )
    warehouse = django_filters.ModelChoiceFilter(
        queryset=Warehouse.objects.filter(is_active=True),
        to_field_name="code",
        method="leave",
        label=_("Warehouse"),
        empty_label=_("All warehouses"),
    )
    supply = django_filters.ChoiceFilter(
        choices=Product.Supply.choices, label=_("Supply"), empty_label=_("Bought and made")
    )
    state = django_filters.ChoiceFilter(choices=STATES, method="leave", label=_("State"))

    class Meta:
        model = Product
        fields: list[str] = []

    @property
    def chosen_warehouse(self) -> Warehouse | None:
        """The warehouse whose figures are shown; None is all of them."""
        return self.form.cleaned_data.get("warehouse") if self.form.is_valid() else None

    def leave(self, rows: QuerySet[Product], name: str, value: Any) -> QuerySet[Product]:
        """Warehouse and state mean something only together: see `filter_queryset`."""
        return rows

    def by_words(self, rows: QuerySet[Product], name: str, value: str) -> QuerySet[Product]:
        """SKU, barcode, name, pinyin or initials."""
        return rows.matching(value)  # type: ignore[attr-defined]

    def by_category(self, rows: QuerySet[Product], name: str, value: Category) -> QuerySet[Product]:
        """The category and those right below it."""
        return rows.filter(Q(category=value) | Q(category__parent=value))

    def filter_queryset(self, queryset: QuerySet[Product]) -> QuerySet[Product]:
        """All filters, then state in the chosen warehouse; with a warehouse alone, what lies there."""
        rows = super().filter_queryset(queryset)
        warehouse, state = self.form.cleaned_data.get("warehouse"), self.form.cleaned_data.get("state")
        if state == "short":
            return short(rows, warehouse)
        if state == "low":
            return below_reorder_point(rows)
        if state == "zero":
            return rows.filter(~in_stock(warehouse), kind=Product.Kind.GOODS, is_active=True)
        return rows.filter(in_stock(warehouse)) if warehouse else rows


class MoveFilter(django_filters.FilterSet):
    """Narrows the stock ledger."""

    DIRECTIONS = [("in", _("Coming in")), ("out", _("Going out")), ("adjust", _("Adjustments"))]

    q = django_filters.CharFilter(method="by_product", label=_("Product"))
    warehouse = django_filters.ModelChoiceFilter(
        queryset=Warehouse.objects.all(),
        to_field_name="code",
        method="by_warehouse",
        label=_("Warehouse"),
        empty_label=_("All warehouses"),
    )
    direction = django_filters.ChoiceFilter(
        choices=DIRECTIONS, method="by_direction", label=_("Direction"), empty_label=_("In and out")
    )
    since = django_filters.DateFilter(field_name="at", lookup_expr="date__gte", label=_("From"))
    until = django_filters.DateFilter(field_name="at", lookup_expr="date__lte", label=_("To"))

    class Meta:
        model = StockMove
        fields: list[str] = []

    def by_product(self, rows: QuerySet[StockMove], name: str, value: str) -> QuerySet[StockMove]:
        """Movements of products that the words find."""
        return rows.filter(product__in=Product.objects.matching(value))

    def by_warehouse(self, rows: QuerySet[StockMove], name: str, value: Warehouse) -> QuerySet[StockMove]:
        """Into it, out of it or inside it."""
        return rows.filter(Q(source__warehouse=value) | Q(target__warehouse=value))

    def by_direction(self, rows: QuerySet[StockMove], name: str, value: str) -> QuerySet[StockMove]:
        """Seen from the house."""
        if value == "adjust":
            return rows.filter(Q(source__kind=Place.Kind.ADJUSTMENT) | Q(target__kind=Place.Kind.ADJUSTMENT))
        inner, outer = ("target", "source") if value == "in" else ("source", "target")
        return rows.filter(**{f"{inner}__kind__in": Place.HOUSE}).exclude(**{f"{outer}__kind__in": Place.HOUSE})


class PurchaseFilter(django_filters.FilterSet):
    """Narrows the purchase orders."""

    q = django_filters.CharFilter(method="by_words", label=_("Search"))
    status = django_filters.ChoiceFilter(choices=PurchaseOrder.Status.choices, label=_("Status"))
    supplier = django_filters.ModelChoiceFilter(
        queryset=Supplier.objects.all(), to_field_name="code", label=_("Supplier"), empty_label=_("All suppliers")
    )

    late = django_filters.BooleanFilter(method="by_lateness", label=_("Overdue"))

    class Meta:
        model = PurchaseOrder
        fields: list[str] = []

    def by_lateness(self, rows: QuerySet[PurchaseOrder], name: str, value: bool) -> QuerySet[PurchaseOrder]:
        """Deliveries that should be here and are not."""
        late = Q(status__in=PurchaseOrder.OPEN, expected_on__lt=timezone.localdate())
        return rows.filter(late) if value else rows

    def by_words(self, rows: QuerySet[PurchaseOrder], name: str, value: str) -> QuerySet[PurchaseOrder]:
        """Number, supplier, or a product on it."""
        about = Exists(
            PurchaseLine.objects.filter(order=OuterRef("pk"), product__in=Product.objects.matching(value).values("pk"))
        )
        return rows.filter(Q(number__icontains=value) | Q(supplier__name__icontains=value) | about)
