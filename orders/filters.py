"""The order list's filters: everything that narrows the list stands in the URL, so that a link shows the same list."""

import datetime as dt
from typing import Any

import django_filters
from django import forms
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from erp.models import User
from orders.models import Channel, Customer, SalesOrder, Tag
from orders.models.customer import looked_after_by
from orders.search import matching_orders
from orders.selectors import with_tag
from orders.services.assigning import salespeople
from orders.substatuses import filter_choices

BEFORE_SHIPPING = (SalesOrder.Status.PENDING, *SalesOrder.FULFILLING)


def late(rows: QuerySet[SalesOrder]) -> QuerySet[SalesOrder]:
    """Orders whose promised date has passed before everything left."""
    return rows.filter(status__in=BEFORE_SHIPPING, promised_date__lt=timezone.localdate())


def _midnight(day: dt.date) -> dt.datetime:
    """When a day begins in the company's time zone: a bound that an index understands."""
    return timezone.make_aware(dt.datetime.combine(day, dt.time.min), timezone.get_default_timezone())


class OrderFilter(django_filters.FilterSet):
    """Narrows orders by what the URL says. A value that makes no sense is shown as such and left out."""

    q = django_filters.CharFilter(method="by_words", label=_("Search"))
    status = django_filters.MultipleChoiceFilter(choices=SalesOrder.Status.choices, label=_("Status"))
    channel = django_filters.ModelChoiceFilter(
        queryset=Channel.objects.in_use(), to_field_name="code", label=_("Channel"), empty_label=_("All channels")
    )
    customer = django_filters.CharFilter(field_name="customer__code", label=_("Customer"))
    project = django_filters.CharFilter(field_name="project__number", label=_("Project"))
    salesperson = django_filters.ModelChoiceFilter(
        queryset=User.objects.none(), to_field_name="username", label=_("Salesperson"), empty_label=_("All salespeople")
    )
    since = django_filters.DateFilter(method="by_first_day", label=_("Ordered from"))
    until = django_filters.DateFilter(method="by_last_day", label=_("Ordered to"))
    # Reports lead here: orders whose last goods left on these days.
    shipped_since = django_filters.DateFilter(method="by_first_day_shipped", label=_("Shipped from"))
    shipped_until = django_filters.DateFilter(method="by_last_day_shipped", label=_("Shipped to"))
    due = django_filters.DateFilter(field_name="promised_date", lookup_expr="lte", label=_("Promised by"))
    payment = django_filters.ChoiceFilter(
        field_name="payment_state",
        choices=SalesOrder.PaymentState.choices,
        label=_("Payment"),
        empty_label=_("Any payment state"),
    )
    sub_status = django_filters.ChoiceFilter(
        field_name="sub_status", choices=(), label=_("Sub-status"), empty_label=_("Any sub-status")
    )
    tag = django_filters.ChoiceFilter(method="by_tag", choices=(), label=_("Customer tag"), empty_label=_("All tags"))
    archived = django_filters.ChoiceFilter(
        method="by_archive",
        choices=[("only", _("Archived")), ("all", _("Archived too"))],
        label=_("Archive"),
        empty_label=_("Without archived orders"),
    )
    late = django_filters.BooleanFilter(method="only_late", label=_("Late"), widget=forms.CheckboxInput)
    held = django_filters.BooleanFilter(method="only_held", label=_("On hold"), widget=forms.CheckboxInput)
    mine = django_filters.BooleanFilter(method="only_mine", label=_("Mine"), widget=forms.CheckboxInput)

    class Meta:
        model = SalesOrder
        fields: list[str] = []

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        self.filters["sub_status"].extra["choices"] = filter_choices()
        self.filters["tag"].extra["choices"] = Tag.offered()
        self.filters["salesperson"].field.queryset = salespeople()

    def by_words(self, rows: QuerySet[SalesOrder], name: str, value: str) -> QuerySet[SalesOrder]:
        """The one search box."""
        return matching_orders(rows, value, user=self.user)

    def by_tag(self, rows: QuerySet[SalesOrder], name: str, value: str) -> QuerySet[SalesOrder]:
        """Orders of customers that have the tag."""
        return rows.filter(customer__in=with_tag(Customer.objects.order_by(), value))

    def by_first_day(self, rows: QuerySet[SalesOrder], name: str, value: Any) -> QuerySet[SalesOrder]:
        """Ordered on that day (in the company's time zone) or later."""
        return rows.filter(ordered_at__gte=_midnight(value))

    def by_last_day(self, rows: QuerySet[SalesOrder], name: str, value: Any) -> QuerySet[SalesOrder]:
        """Ordered on that day or before."""
        return rows.filter(ordered_at__lt=_midnight(value + dt.timedelta(days=1)))

    def by_first_day_shipped(self, rows: QuerySet[SalesOrder], name: str, value: Any) -> QuerySet[SalesOrder]:
        """The last goods left on that day or later."""
        return rows.filter(shipped_at__gte=_midnight(value))

    def by_last_day_shipped(self, rows: QuerySet[SalesOrder], name: str, value: Any) -> QuerySet[SalesOrder]:
        """The last goods left on that day or before."""
        return rows.filter(shipped_at__lt=_midnight(value + dt.timedelta(days=1)))

    def by_archive(self, rows: QuerySet[SalesOrder], name: str, value: str) -> QuerySet[SalesOrder]:
        """Only the archive, or everything."""
        return rows.filter(archived_at__isnull=False) if value == "only" else rows

    def filter_queryset(self, queryset: QuerySet[SalesOrder]) -> QuerySet[SalesOrder]:
        """What the filters leave. Without a word about the archive it is left out, unless somebody searches."""
        return super().filter_queryset(self._in_hand(queryset))

    def _in_hand(self, rows: QuerySet[SalesOrder]) -> QuerySet[SalesOrder]:
        said = self.form.cleaned_data
        return rows if said.get("archived") or said.get("q", "").strip() else rows.filter(archived_at=None)

    def only_late(self, rows: QuerySet[SalesOrder], name: str, value: bool) -> QuerySet[SalesOrder]:
        """Only what is overdue."""
        return late(rows) if value else rows

    def only_held(self, rows: QuerySet[SalesOrder], name: str, value: bool) -> QuerySet[SalesOrder]:
        """Only what somebody has put on hold."""
        return rows.exclude(hold_reason="") if value else rows

    def only_mine(self, rows: QuerySet[SalesOrder], name: str, value: bool) -> QuerySet[SalesOrder]:
        """Only what the person sells or looks after."""
        return rows.filter(looked_after_by(self.user)) if value else rows

    @property
    def without_status(self) -> QuerySet[SalesOrder]:
        """The list as narrowed by everything but the status: what the tabs count."""
        rows = self._in_hand(self.queryset.all())
        for name, value in self.form.cleaned_data.items():
            if name != "status":
                rows = self.filters[name].filter(rows, value)
        return rows
