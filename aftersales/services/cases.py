"""Complaints, questions and repairs: opened, handled, answered; and what customers say."""

import datetime as dt
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from aftersales.models import CaseAction, Feedback, ServiceCase
from aftersales.services.rights import require
from erp.errors import BusinessError
from erp.models import StatusChange, User
from erp.numbering import next_number
from erp.workflow import lock, record_creation
from orders.models import SalesOrder

# How soon the customer must have an answer.
HOURS_TO_ANSWER: dict[str, int] = {
    ServiceCase.Severity.HIGH: 4,
    ServiceCase.Severity.NORMAL: 24,
    ServiceCase.Severity.LOW: 72,
}


@transaction.atomic
def open_case(
    order: SalesOrder,
    *,
    kind: str,
    subject: str,
    text: str,
    severity: str,
    by: User | None,
    by_customer: bool = False,
) -> ServiceCase:
    """Open a case on an order; its deadline follows from the severity. Raises BusinessError for missing words."""
    require(by, "aftersales.add_servicecase")
    _check_words(kind=kind, severity=severity, subject=subject, text=text)
    case = ServiceCase.objects.create(
        number=next_number("CS"),
        order=order,
        kind=kind,
        severity=severity,
        subject=subject.strip(),
        text=text.strip(),
        deadline=timezone.now() + dt.timedelta(hours=HOURS_TO_ANSWER[severity]),
        by_customer=by_customer,
        created_by=by,
    )
    record_creation(case, by=by)
    return case


def open_refund_case(order: SalesOrder, *, change: StatusChange, by: User | None) -> ServiceCase | None:
    """A web shop gave money back: somebody must see whether goods come back and the books follow.

    A cancelled order needs no case (follower of “shop_refunded”).
    """
    if order.status == SalesOrder.Status.CANCELLED:
        return None
    with translation.override(settings.LANGUAGE_CODE):
        subject = _("Refund in the shop")
    return open_case(
        order,
        kind=ServiceCase.Kind.COMPLAINT,
        subject=subject,
        text=change.note,
        severity=ServiceCase.Severity.NORMAL,
        by=by,
    )


# What is wrong with a parcel in such a way that the customer must hear of it from us.
PARCEL_CASES = {"damaged": ServiceCase.Severity.HIGH, "lost": ServiceCase.Severity.HIGH}
PARCEL_CASES |= {"refused": ServiceCase.Severity.NORMAL, "returned": ServiceCase.Severity.NORMAL}


def open_parcel_case(document: Any, *, change: StatusChange | None, by: User | None) -> ServiceCase | None:
    """A parcel was damaged, lost, refused or sent back: after-sales talks to the customer (follower of “create”)."""
    severity = PARCEL_CASES.get(document.trouble)
    if severity is None:
        return None
    with translation.override(settings.LANGUAGE_CODE):
        subject = _("Parcel %(parcel)s: %(trouble)s") % {
            "parcel": document.parcel,
            "trouble": document.get_trouble_display(),
        }
    return open_case(
        document.order,
        kind=ServiceCase.Kind.COMPLAINT,
        subject=subject[:120],
        text=f"{document.number}: {document.text}",
        severity=severity,
        by=None,
    )


def _check_words(*, kind: str, severity: str, subject: str, text: str) -> None:
    if kind not in ServiceCase.Kind.values:
        raise BusinessError(_("Please choose what kind of case it is."), field="kind")
    if severity not in ServiceCase.Severity.values:
        raise BusinessError(_("Please choose how severe it is."), field="severity")
    if not subject.strip():
        raise BusinessError(_("Please give the case a subject."), field="subject")
    if not text.strip():
        raise BusinessError(_("Please write what happened."), field="text")


@transaction.atomic
def add_action(case: ServiceCase, *, text: str, by: User) -> CaseAction:
    """Write down what was done about an open case. Raises BusinessError when it is resolved or nothing is written."""
    require(by, "aftersales.change_servicecase")
    if not text.strip():
        raise BusinessError(_("Please write what was done."), field="text")
    lock(case)
    if case.status == ServiceCase.Status.RESOLVED:
        raise BusinessError(
            _("%(case)s is resolved.") % {"case": case.number},
            hint=_("Open it again to go on with it."),
            field="text",
            code="wrong_state",
        )
    return CaseAction.objects.create(case=case, text=text.strip(), by=by)


@transaction.atomic
def give_feedback(order: SalesOrder, *, stars: int, text: str, by: User | None) -> Feedback:
    """Record what the customer says of an order, one to five stars; a second word replaces the first.

    Raises BusinessError for other numbers of stars, or when nothing has been shipped yet.
    """
    if stars not in range(1, 6):
        raise BusinessError(_("Please choose one to five stars."), field="stars")
    if not order.lines.filter(shipped__gt=0).exists():
        raise BusinessError(
            _("Nothing of order %(order)s has been shipped yet.") % {"order": order.number},
            hint=_("Please rate it once something has arrived."),
            code="not_shipped",
        )
    return Feedback.objects.update_or_create(
        order=order, defaults={"stars": stars, "text": text.strip(), "at": timezone.now()}
    )[0]
