"""Which orders an order came from and went to, when it was split or merged."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from erp.models import User
from erp.related import RelatedGroup, RelatedItem
from orders.models import OrderLink, SalesOrder


@dataclass(frozen=True, slots=True)
class Kin:
    """Another order, and what it is to this one, in words."""

    order: SalesOrder
    words: str
    is_whole: bool = False  # this order goes on as that one, wholly


def kin_of(order: SalesOrder, user: User | None = None) -> list[Kin]:
    """Orders that this one was split into or from, or merged with; those a `user` may see. One query, two with links."""
    links = list(
        OrderLink.objects.filter(Q(source=order) | Q(target=order)).select_related("source", "target").order_by("id")
    )
    if links and user is not None:
        ids = {pk for link in links for pk in (link.source_id, link.target_id)}
        seen = set(SalesOrder.objects.visible_to(user).filter(pk__in=ids).values_list("pk", flat=True))
        links = [link for link in links if {link.source_id, link.target_id} <= seen | {order.pk}]
    return [_kin(order, link) for link in links]


def _kin(order: SalesOrder, link: OrderLink) -> Kin:
    away = link.source_id == order.pk
    if link.kind == OrderLink.Kind.MERGE:
        words = _("This order goes on as part of it") if away else _("It goes on as part of this order")
        return Kin(link.target if away else link.source, words, is_whole=away)
    words = _("A part of this order") if away else _("This order is a part of it")
    return Kin(link.target if away else link.source, words)


def of_order(order: Any, user: Any) -> Iterator[RelatedGroup]:
    """What an order's page shows of its parts and of what it was merged with."""
    if found := kin_of(order, user):
        yield RelatedGroup(
            _("Split and merged orders"),
            "versions",
            [
                RelatedItem(
                    number=one.order.number,
                    url=one.order.get_absolute_url(),
                    status=one.order.status,
                    status_label=one.order.get_status_display(),
                    text=one.words,
                    at=one.order.created_at,
                )
                for one in found
            ],
        )
