"""The purchase order as paper and as mail to the supplier."""

from typing import Any

from django.utils.translation import gettext as _

from erp.documents.pdf import render_pdf
from erp.mailing import Letter
from erp.models import Company, Outbox, User
from erp.timeline import TimelineEntry
from erp.uppercase import amount_in_words
from inventory.models import PurchaseOrder

PREFIX = "mail:purchase"
WORDS = ("CNY",)  # currencies whose amounts are written in capitals


def paper(order: PurchaseOrder) -> bytes:
    """The PDF that goes to the supplier."""
    lines = list(order.lines.select_related("product__unit"))
    context = {
        "order": order,
        "number": order.number,
        "lines": lines,
        "words": amount_in_words(order.total) if order.currency in WORDS else "",
        "with_skus": any(line.supplier_sku for line in lines),
    }
    return render_pdf("documents/purchase_order.html", context)


def compose(payload: dict[str, Any]) -> Letter:
    """The mail with the order attached, as it stands when it is sent (a placed order's lines do not change)."""
    order = PurchaseOrder.objects.select_related("supplier", "warehouse", "created_by").get(pk=payload["order"])
    company = Company.current()
    sender = User.objects.filter(pk=payload.get("by")).first()
    values = {
        "name": order.supplier.contact or order.supplier.name,
        "number": order.number,
        "company": company.name,
        "day": order.expected_on or "—",
        "sender": str(sender) if sender else company.name,
        "phone": company.phone,
    }
    text = _(
        "Dear %(name)s,\n\nplease find our purchase order %(number)s attached. We expect the goods on %(day)s; please"
        " confirm the order and the day.\n\n%(sender)s\n%(company)s\n%(phone)s"
    )
    note = payload.get("note", "")
    body = text % values
    return Letter(
        subject=_("Purchase order %(number)s of %(company)s") % values,
        text=f"{note}\n\n{body}" if note else body,
        files=[(f"{order.number}.pdf", paper(order), "application/pdf")],
        reply_to=sender.email if sender else "",
    )


def mails_of(order: PurchaseOrder) -> list[Outbox]:
    """What was sent of an order, the newest first. One query."""
    return list(Outbox.objects.filter(key__startswith=f"{PREFIX}:{order.pk}:").order_by("-id"))


def timeline_of(order: PurchaseOrder) -> list[TimelineEntry]:
    """Mails to the supplier with how far they came. Two queries."""
    rows = mails_of(order)
    people = User.objects.in_bulk({row.payload.get("by") for row in rows if row.payload.get("by")})
    return [
        TimelineEntry(
            at=row.created_at,
            who=str(people[row.payload["by"]]) if row.payload.get("by") in people else None,
            title=_("Mail to the supplier"),
            text=_("%(address)s: %(state)s") % {"address": row.payload["to"], "state": row.get_status_display()},
            kind="mail",
            status=row.status,
        )
        for row in rows
    ]
