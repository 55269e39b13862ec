"""Why goods that we buy are not there: nobody has ordered them, the order is a draft, or the supplier is on the way."""

from collections.abc import Iterator
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from erp.waiting import GATHERING, MANAGEMENT, PURCHASING, WAREHOUSE, Action, Cause, Inquiry, Rank, Words, gathering
from erp.web.formats import qty
from inventory.models import Product, PurchaseLine, PurchaseOrder
from inventory.outlook import Coverage, Outlook, free_stock, outlook

SEE = "inventory.view_purchaseorder"


def lacking_lines(inquiry: Inquiry) -> list[tuple[Any, Any]]:
    """Short lines that free stock does not cover: their goods must come from somewhere. One query for a page."""
    free = inquiry.once("free-stock", lambda: free_stock(_products(inquiry)) if inquiry.short else {})
    return [
        (order, line)
        for order, line in inquiry.short
        if free.get((line.product_id, order.warehouse_id), 0) < line.short
    ]


def _products(inquiry: Inquiry) -> set[int]:
    return {line.product_id for _order, line in inquiry.short}


def line_outlook(inquiry: Inquiry) -> Outlook:
    """Needs of the page's short lines, and where their goods come from. Three queries for a page."""
    return inquiry.once("outlook", lambda: outlook(_products(inquiry), first=inquiry.holder_type))


def explain(inquiry: Inquiry) -> Iterator[Cause]:
    """Short lines of bought products. Four queries."""
    found = lacking_lines(inquiry)
    if not found:
        return
    known = line_outlook(inquiry)
    for order, line in found:
        need = known.needs.get((inquiry.holder_type, line.pk))
        if (need.supply if need else line.product.supply) == Product.Supply.BUY:
            yield _bought(order, line, known.of(inquiry.holder_type, line.pk, line.short))


def _bought(order: Any, line: Any, coverage: Coverage) -> Cause:
    if coverage.missing > 0:
        return _not_ordered(order, line, coverage)
    if coverage.drafted:
        return _drafted(order, line, coverage.drafted[-1])
    return _placed(order, line, coverage) if coverage.placed else _inspecting(order, line, coverage.inspecting[-1])


def buy_action(*skus: str) -> Action:
    """The page that orders these products, filled in."""
    query = "&".join(f"product={sku}" for sku in skus)
    return Action(_("Buy"), f"{reverse('inventory:purchase_new')}?{query}", "inventory.add_purchaseorder")


def place_action(number: str) -> Action:
    """Send a drafted purchase order."""
    url = reverse("inventory:purchase_transition", args=[number])
    permission = "inventory.change_purchaseorder"
    return Action(_("Place order"), url, permission, post=True, fields={"transition": "place"})


def submit_action(number: str) -> Action:
    """Ask for approval of a drafted purchase order that is worth more than the buyer's limit."""
    url = reverse("inventory:purchase_transition", args=[number])
    permission = "inventory.change_purchaseorder"
    return Action(_("Submit for approval"), url, permission, post=True, fields={"transition": "submit"})


def receive_action(number: str) -> Action:
    """Take the goods of a purchase order in."""
    return Action(_("Receive goods"), reverse("inventory:receive", args=[number]), "inventory.receive_goods")


def _not_ordered(order: Any, line: Any, coverage: Coverage) -> Cause:
    values = {"product": line.description, "quantity": qty(coverage.missing, line.unit)}
    text = _("%(quantity)s of %(product)s are missing and must be bought; nobody has ordered them yet.")
    if coverage.behind:
        text = _("%(quantity)s of %(product)s are missing and must be bought; what is on order is for earlier needs.")
    return Cause(
        order=order.pk,
        code="not_ordered",
        rank=Rank.NOT_ARRANGED,
        short=Words(_("To buy: %(product)s"), values),
        text=Words(text, values),
        tone="red",
        lines=(line.pk,),
        desk=PURCHASING,
        action=buy_action(line.product.sku),
        customer=GATHERING,
    )


def _drafted(order: Any, line: Any, row: PurchaseLine) -> Cause:
    if row.order.status == PurchaseOrder.Status.SUBMITTED:
        return _submitted(order, line, row)
    values = {"product": line.description, "quantity": qty(line.short, line.unit), "document": row.order.number}
    text = _("%(quantity)s of %(product)s are missing; purchase order %(document)s is only a draft and must be placed.")
    return Cause(
        order=order.pk,
        code="purchase_draft",
        rank=Rank.DRAFT,
        short=Words(_("Purchase not placed: %(product)s"), values),
        text=Words(text, values),
        lines=(line.pk,),
        document=row.order.number,
        url=row.order.get_absolute_url(),
        permission=SEE,
        desk=PURCHASING,
        action=(submit_action if row.order.needs_approval else place_action)(row.order.number),
        customer=GATHERING,
    )


def _submitted(order: Any, line: Any, row: PurchaseLine) -> Cause:
    values = {"product": line.description, "quantity": qty(line.short, line.unit), "document": row.order.number}
    text = _("%(quantity)s of %(product)s are missing; purchase order %(document)s waits for approval.")
    return Cause(
        order=order.pk,
        code="purchase_submitted",
        rank=Rank.DRAFT,
        short=Words(_("Purchase waits for approval: %(product)s"), values),
        text=Words(text, values),
        lines=(line.pk,),
        document=row.order.number,
        url=row.order.get_absolute_url(),
        permission=SEE,
        desk=MANAGEMENT,
        action=Action(_("Decide"), row.order.get_absolute_url(), "inventory.approve_purchaseorder"),
        customer=GATHERING,
    )


def _inspecting(order: Any, line: Any, row: PurchaseLine) -> Cause:
    values = {"product": line.description, "quantity": qty(line.short, line.unit), "document": row.order.number}
    text = _("%(quantity)s of %(product)s have arrived with purchase order %(document)s and wait for inspection.")
    url = reverse("inventory:inspect", args=[row.order.number])
    return Cause(
        order=order.pk,
        code="purchase_inspection",
        rank=Rank.LATE,
        short=Words(_("In inspection: %(product)s"), values),
        text=Words(text, values),
        lines=(line.pk,),
        document=row.order.number,
        url=row.order.get_absolute_url(),
        permission=SEE,
        desk=WAREHOUSE,
        action=Action(_("Inspect"), url, "inventory.inspect_goods"),
        customer=GATHERING,
    )


def _placed(order: Any, line: Any, coverage: Coverage) -> Cause:
    row = coverage.placed[-1]
    day = row.order.expected_on
    late = day is not None and day < timezone.localdate()
    values = {
        "product": line.description,
        "quantity": qty(line.short, line.unit),
        "document": row.order.number,
        "supplier": row.order.supplier.name,
        "day": day,
    }
    code, text = (
        "purchase_coming",
        _("%(quantity)s of %(product)s come with purchase order %(document)s of %(supplier)s, expected on %(day)s."),
    )
    if day is None:
        code, text = (
            "purchase_undated",
            _("%(quantity)s of %(product)s come with purchase order %(document)s of %(supplier)s; no date is known."),
        )
    elif late:
        values["days"] = (timezone.localdate() - day).days
        code, text = (
            "purchase_late",
            _(
                "%(quantity)s of %(product)s should have come with purchase order %(document)s of %(supplier)s on %(day)s;"
                " it is %(days)s days late."
            ),
        )
    return Cause(
        order=order.pk,
        code=code,
        rank=Rank.LATE if late or day is None else Rank.COMING,
        short=Words(_("Delivery late: %(product)s") if late else _("On order: %(product)s"), values),
        text=Words(text, values),
        tone="red" if late else "amber",
        lines=(line.pk,),
        document=row.order.number,
        url=row.order.get_absolute_url(),
        permission=SEE,
        expected=day,
        desk=PURCHASING if late or day is None else WAREHOUSE,
        action=receive_action(row.order.number),
        customer=gathering(None if late else day),
    )
