"""What an order's page shows of what came after the sale: returns, cases and the customer's word."""

from collections.abc import Iterator
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from aftersales.models import Feedback, ReturnRequest, ServiceCase
from erp.related import RelatedGroup, RelatedItem, Step


def of_order(order: Any, user: Any) -> Iterator[RelatedGroup]:
    """Returns, cases and feedback of a sales order. Three queries."""
    returns = list(ReturnRequest.objects.visible_to(user).filter(order=order).order_by("id"))
    items = [_return(one) for one in returns]
    yield RelatedGroup(_("Returns"), "truck-return", items, _step(returns, user), _new_return(order, user))
    cases = list(ServiceCase.objects.visible_to(user).filter(order=order).select_related("owner").order_by("id"))
    yield RelatedGroup(_("Service cases"), "headset", [_case(one) for one in cases], add=_new_case(order, user))
    feedback = Feedback.objects.filter(order=order).first() if user.has_perm("aftersales.view_servicecase") else None
    if feedback is not None:
        yield RelatedGroup(_("Feedback"), "star", [_feedback(feedback)])


def _new_return(order: Any, user: Any) -> Step | None:
    """Goods can come back once some have left."""
    if order.status not in (order.Status.SHIPPED, order.Status.COMPLETED):
        return None
    if not user.has_perm("aftersales.add_returnrequest"):
        return None
    return Step(_("New return"), f"{reverse('aftersales:return_new')}?order={order.number}", "plus")


def _new_case(order: Any, user: Any) -> Step | None:
    if not user.has_perm("aftersales.add_servicecase"):
        return None
    return Step(_("New case"), f"{reverse('aftersales:case_new')}?order={order.number}", "plus")


def _return(one: ReturnRequest) -> RelatedItem:
    return RelatedItem(
        number=one.number,
        url=one.get_absolute_url(),
        status=one.status,
        status_label=one.get_status_display(),
        text=" · ".join(filter(None, [one.get_reason_display(), one.text[:120]])),
        at=one.created_at,
    )


def _case(one: ServiceCase) -> RelatedItem:
    return RelatedItem(
        number=one.number,
        url=one.get_absolute_url(),
        status=one.status,
        status_label=one.get_status_display(),
        text=" · ".join(filter(None, [one.subject, str(one.owner or "")])),
        at=one.created_at,
    )


def _feedback(one: Feedback) -> RelatedItem:
    stars = ngettext("%(num)s star", "%(num)s stars", one.stars) % {"num": one.stars}
    return RelatedItem(number=stars, text=one.text, at=one.at)


def _step(returns: list[ReturnRequest], user: Any) -> Step | None:
    steps = {
        ReturnRequest.Status.REQUESTED: ("aftersales.decide_returnrequest", _("Decide on the return")),
        ReturnRequest.Status.APPROVED: ("aftersales.receive_returnrequest", _("Receive the returned goods")),
        ReturnRequest.Status.RECEIVED: ("aftersales.refund_returnrequest", _("Credit the return")),
    }
    for one in returns:
        permission, label = steps.get(one.status, ("", ""))
        if permission and user.has_perm(permission):
            return Step(label, one.get_absolute_url(), "truck-return")
    return None
