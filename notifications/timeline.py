"""Mails to the customer in the timelines of orders and shipments, with what became of them."""

from django.db.models import Q
from django.utils.translation import gettext as _

from erp.models import Outbox, StatusChange
from erp.privacy import mask_email
from erp.timeline import TimelineEntry
from notifications.services import customer_key
from notifications.texts import CUSTOMER_MAILS, customer_words
from orders.models import SalesOrder
from orders.models.customer import among
from shipping.models import Shipment

TONES = {
    Outbox.Status.WAITING: "amber",
    Outbox.Status.SENDING: "amber",
    Outbox.Status.DONE: "green",
    Outbox.Status.FAILED: "red",
}


def mails_of_order(document: SalesOrder) -> list[TimelineEntry]:
    """Mails about an order and its shipments. Two queries."""
    shipments = Shipment.objects.filter(order=document).values("pk")
    return _mails(
        Q(document_type=SalesOrder._meta.label, document_id=document.pk)
        | Q(document_type=Shipment._meta.label) & among("document_id", shipments)
    )


def mails_of_shipment(document: Shipment) -> list[TimelineEntry]:
    """Mails about a shipment. Two queries."""
    return _mails(Q(document_type=Shipment._meta.label, document_id=document.pk))


def _mails(of_documents: Q) -> list[TimelineEntry]:
    """By the key that each mail got from the move that set it off."""
    steps = {event.rpartition(".")[2] for event in CUSTOMER_MAILS}
    changes = StatusChange.objects.filter(of_documents, transition__in=steps)
    keys = [
        customer_key(f"{label}.{step}", pk)
        for pk, label, step in changes.values_list("pk", "document_type", "transition")
    ]
    return [_entry(row) for row in Outbox.objects.filter(key__in=keys).order_by("id")] if keys else []


def _entry(row: Outbox) -> TimelineEntry:
    words = customer_words(row.payload["event"], row.payload["values"])
    state = Outbox.Status(row.status)
    told = {
        Outbox.Status.WAITING: _("Waits to be sent to %(to)s"),
        Outbox.Status.SENDING: _("Waits to be sent to %(to)s"),
        Outbox.Status.DONE: _("Sent to %(to)s"),
        Outbox.Status.FAILED: _("Could not be sent to %(to)s. An administrator can send it again."),
    }[state]
    if state == Outbox.Status.WAITING and row.attempts:
        told = _("Could not be sent to %(to)s yet; it is tried again.")
    return TimelineEntry(
        at=row.done_at or row.created_at,
        who=None,
        title=_("Mail: %(subject)s") % {"subject": words.title},
        text=told % {"to": mask_email(row.payload["to"])},
        kind="mail",
        status=TONES[state],
        icon="mail",
    )
