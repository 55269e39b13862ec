"""What narrows the lists of returns and cases; all of it stands in the URL."""

from typing import Any

import django_filters
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from aftersales.models import ReturnRequest, ServiceCase
from orders.models import SalesOrder
from orders.search import matching_orders

CANDIDATES = 200


class _ByOrder(django_filters.FilterSet):
    q = django_filters.CharFilter(method="by_words", label=_("Search"))

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        self.request_user = user
        super().__init__(*args, **kwargs)

    def by_words(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        """Its own number, or whatever finds the order: number, customer, phone, product."""
        text = value.strip()[:100]
        if not text:
            return rows
        orders = matching_orders(SalesOrder.objects.all(), text, user=self.request_user)
        found = list(orders.order_by("-id").values_list("pk", flat=True)[:CANDIDATES])
        return rows.filter(self.own_words(text) | Q(order_id__in=found))

    def own_words(self, text: str) -> Q:
        """What of the document itself the words may be part of."""
        return Q(number=text.upper())


class ReturnFilter(_ByOrder):
    """Narrows the returns."""

    status = django_filters.ChoiceFilter(choices=[*ReturnRequest.Status.choices, ("all", "all")], method="by_status")
    reason = django_filters.ChoiceFilter(
        choices=ReturnRequest.Reason.choices, label=_("Reason"), empty_label=_("All reasons")
    )

    class Meta:
        model = ReturnRequest
        fields: list[str] = []

    def by_status(self, rows: QuerySet[ReturnRequest], name: str, value: str) -> QuerySet[ReturnRequest]:
        """One status, or all of them."""
        return rows if value == "all" else rows.filter(status=value)


class CaseFilter(_ByOrder):
    """Narrows the cases."""

    status = django_filters.ChoiceFilter(
        choices=[*ServiceCase.Status.choices, ("late", "late"), ("all", "all")], method="by_status"
    )
    kind = django_filters.ChoiceFilter(choices=ServiceCase.Kind.choices, label=_("Kind"), empty_label=_("All kinds"))
    severity = django_filters.ChoiceFilter(
        choices=ServiceCase.Severity.choices, label=_("Severity"), empty_label=_("Every severity")
    )
    mine = django_filters.BooleanFilter(method="by_owner", label=_("Mine"))

    class Meta:
        model = ServiceCase
        fields: list[str] = []

    def own_words(self, text: str) -> Q:
        return Q(number=text.upper()) | Q(subject__icontains=text)

    def by_status(self, rows: QuerySet[ServiceCase], name: str, value: str) -> QuerySet[ServiceCase]:
        """One status, those past their deadline, or all of them."""
        if value == "late":
            return rows.exclude(status=ServiceCase.Status.RESOLVED).filter(deadline__lt=timezone.now())
        return rows if value == "all" else rows.filter(status=value)

    def by_owner(self, rows: QuerySet[ServiceCase], name: str, value: bool) -> QuerySet[ServiceCase]:
        """Cases that I handle."""
        return rows.filter(owner=self.request_user) if value else rows
