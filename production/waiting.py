"""Why goods that we make are not there: nobody makes them, parts are missing, work has not begun, or it goes on."""

from collections.abc import Iterator
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from erp.waiting import MAKING, PRODUCTION, PURCHASING, Action, Cause, Inquiry, Listed, Rank, Words, making
from erp.web.formats import qty
from inventory.models import Product, SupplyRequest
from inventory.outlook import Outlook, outlook
from inventory.waiting import buy_action, lacking_lines, line_outlook, place_action
from orders.services import HOLDER as ORDER_LINE
from production.models import BillOfMaterials, ProductionComponent, ProductionOrder
from production.selectors import missing_components

Status = ProductionOrder.Status
RUN = "production.run_productionorder"
SEE = "production.view_productionorder"
HOLDER = ProductionComponent._meta.label


def explain(inquiry: Inquiry) -> Iterator[Cause]:
    """Short lines of made products. Up to nine queries, three of them shared with inventory."""
    found = lacking_lines(inquiry)
    if not found:
        return
    known = line_outlook(inquiry)
    made = []
    for order, line in found:
        need = known.needs.get((inquiry.holder_type, line.pk))
        if (need.supply if need else line.product.supply) == Product.Supply.MAKE:
            made.append((order, line, need))
    if made:
        yield from _Floor(made).causes()


class _Floor:
    """What is being made of the products of some lines, read once."""

    def __init__(self, made: list[tuple[Any, Any, SupplyRequest | None]]) -> None:
        self.made = made
        self.running = self._read({line.product_id for _order, line, _need in made})
        planned = [one.pk for group in self.running.values() for one in group if one.status == Status.PLANNED]
        self.missing = missing_components(planned) if planned else {}
        parts = {row.product_id for rows in self.missing.values() for row in rows}
        self.parts = outlook(parts, first=ORDER_LINE) if parts else Outlook({}, {})
        self.feeding = self._feeding()
        self.with_bom = self._with_bom()

    def _read(self, products: set[int]) -> dict[int, list[ProductionOrder]]:
        rows = ProductionOrder.objects.filter(product_id__in=products, status__in=ProductionOrder.OPEN)
        running: dict[int, list[ProductionOrder]] = {}
        for row in rows.select_related("product__unit").order_by("-priority", "due", "id"):
            running.setdefault(row.product_id, []).append(row)
        return running

    def _feeding(self) -> dict[int, ProductionOrder]:
        """The production order that makes a missing part, by the part's need."""
        needs = [need.pk for need in self.parts.needs.values() if need.supply == Product.Supply.MAKE]
        rows = ProductionOrder.objects.filter(request_id__in=needs, status__in=ProductionOrder.OPEN) if needs else ()
        return {row.request_id: row for row in rows if row.request_id is not None}

    def _with_bom(self) -> set[int]:
        """Products with a bill of materials, asked only of those that nobody makes."""
        idle = {line.product_id for _o, line, _n in self.made if not self.running.get(line.product_id)}
        rows = BillOfMaterials.objects.filter(product_id__in=idle, is_active=True) if idle else None
        return set(rows.values_list("product_id", flat=True)) if rows is not None else set()

    def causes(self) -> Iterator[Cause]:
        """One cause for each line: what its slowest production order waits for."""
        for order, line, need in self.made:
            one = self._order_of(line, need, order.warehouse_id)
            if one is None:
                yield self._nobody(order, line, need)
            elif one.status == Status.IN_PROGRESS:
                yield _in_progress(order, line, one)
            elif rows := self.missing.get(one.pk):
                yield self._parts_missing(order, line, one, rows)
            else:
                yield _to_start(order, line, one)

    def _order_of(self, line: Any, need: SupplyRequest | None, warehouse_id: int) -> ProductionOrder | None:
        """The line's own production order, the least advanced first; else any that makes the product."""
        here = [one for one in self.running.get(line.product_id, []) if one.warehouse_id == warehouse_id]
        own = [one for one in here if need is not None and one.request_id == need.pk]
        planned_first = sorted(own or here, key=lambda one: one.status != Status.PLANNED)
        return planned_first[0] if planned_first else None

    def _nobody(self, order: Any, line: Any, need: SupplyRequest | None) -> Cause:
        values = {"product": line.description, "quantity": qty(line.short, line.unit)}
        if line.product_id not in self.with_bom:
            text = _("%(quantity)s of %(product)s must be made, but it has no bill of materials and nobody makes it.")
            action = Action(
                _("Add the bill of materials"), reverse("production:boms"), "production.change_billofmaterials"
            )
            return _cause(
                order, line, "no_bom", Rank.NOT_ARRANGED, _("No bill of materials: %(product)s"), text, values, action
            )
        text = _("%(quantity)s of %(product)s must be made; there is no production order for them.")
        action = Action(
            _("Plan production"),
            reverse("production:plan") if need else reverse("production:new"),
            "production.add_productionorder",
            post=need is not None,
            fields={"need": str(need.pk)} if need else {},
        )
        return _cause(
            order, line, "not_planned", Rank.NOT_ARRANGED, _("Not planned: %(product)s"), text, values, action
        )

    def _parts_missing(self, order: Any, line: Any, one: ProductionOrder, rows: list[ProductionComponent]) -> Cause:
        parts = [self._part(row) for row in rows]
        to_buy = [row.product.sku for row, part in zip(rows, parts, strict=True) if part[1] == "buy"]
        drafts = [part[3] for part in parts if part[1] == "draft"]
        days = [part[2] for part in parts]
        expected = max((day for day in days if day), default=None) if all(days) else None
        values = {
            "product": line.description,
            "quantity": qty(one.remaining, line.unit),
            "document": one.number,
            "parts": Listed(tuple(part[0] for part in parts)),
        }
        action = buy_action(*to_buy) if to_buy else place_action(drafts[0]) if drafts else _open_action(one)
        stuck = bool(to_buy or drafts)
        return Cause(
            order=order.pk,
            code="parts_missing",
            rank=Rank.PARTS_MISSING if stuck else Rank.PARTS_COMING,
            short=Words(_("Parts missing: %(product)s"), values),
            text=Words(_("Production order %(document)s for %(product)s waits for parts: %(parts)s."), values),
            tone="red" if stuck else "violet",
            lines=(line.pk,),
            document=one.number,
            url=one.get_absolute_url(),
            permission=SEE,
            expected=expected,
            desk=PURCHASING if stuck else PRODUCTION,
            action=action,
            customer=MAKING,
        )

    def _part(self, row: ProductionComponent) -> tuple[Words, str, Any, str]:
        """Words about one missing part, what must be done, its day, and the purchase order."""
        values: dict[str, Any] = {"part": row.product.name, "quantity": qty(row.lacking, row.product.unit)}
        need = self.parts.needs.get((HOLDER, row.pk))
        if (need.supply if need else row.product.supply) == Product.Supply.MAKE:
            feeder = self.feeding.get(need.pk) if need else None
            if feeder is None:
                return Words(_("%(quantity)s of %(part)s (nobody makes them)"), values), "make", None, ""
            values |= {"document": feeder.number}
            return Words(_("%(quantity)s of %(part)s (%(document)s)"), values), "", feeder.due, feeder.number
        coverage = self.parts.of(HOLDER, row.pk, row.lacking)
        if coverage.missing > 0:
            return Words(_("%(quantity)s of %(part)s (not ordered yet)"), values), "buy", None, ""
        if coverage.drafted:
            number = coverage.drafted[-1].order.number
            values |= {"document": number}
            return Words(_("%(quantity)s of %(part)s (%(document)s, not placed)"), values), "draft", None, number
        if not coverage.placed:
            number = coverage.inspecting[-1].order.number
            values |= {"document": number}
            return Words(_("%(quantity)s of %(part)s (%(document)s, in inspection)"), values), "", None, number
        purchase = coverage.placed[-1].order
        values |= {"document": purchase.number, "day": purchase.expected_on}
        if purchase.expected_on is None:
            return Words(_("%(quantity)s of %(part)s (%(document)s)"), values), "", None, purchase.number
        words = Words(_("%(quantity)s of %(part)s (%(document)s, expected on %(day)s)"), values)
        return words, "", purchase.expected_on, purchase.number


def _cause(
    order: Any, line: Any, code: str, rank: Rank, short: Any, text: Any, values: dict[str, Any], action: Action
) -> Cause:
    return Cause(
        order=order.pk,
        code=code,
        rank=rank,
        short=Words(short, values),
        text=Words(text, values),
        tone="red",
        lines=(line.pk,),
        desk=PRODUCTION,
        action=action,
        customer=MAKING,
    )


def _open_action(one: ProductionOrder) -> Action:
    return Action(_("Open the production order"), one.get_absolute_url(), RUN)


def _to_start(order: Any, line: Any, one: ProductionOrder) -> Cause:
    values = {"product": line.description, "quantity": qty(one.remaining, line.unit), "document": one.number}
    text = _("Production order %(document)s for %(quantity)s of %(product)s has every part and can start.")
    start = reverse("production:transition", args=[one.number])
    return Cause(
        order=order.pk,
        code="to_start",
        rank=Rank.TO_START,
        short=Words(_("To start: %(product)s"), values),
        text=Words(text, values),
        tone="violet",
        lines=(line.pk,),
        document=one.number,
        url=one.get_absolute_url(),
        permission=SEE,
        expected=one.due,
        desk=PRODUCTION,
        action=Action(_("Start production"), start, RUN, post=True, fields={"transition": "start"}),
        customer=MAKING,
    )


def _in_progress(order: Any, line: Any, one: ProductionOrder) -> Cause:
    late = one.due is not None and one.due < timezone.localdate()
    values = {
        "product": line.description,
        "made": qty(one.good),
        "wanted": qty(one.quantity, line.unit),
        "document": one.number,
        "day": one.due,
    }
    text = _("%(product)s is being made: %(made)s of %(wanted)s done on %(document)s.")
    if late:
        text = _("%(product)s is being made: %(made)s of %(wanted)s done on %(document)s, which was due on %(day)s.")
    elif one.due:
        text = _("%(product)s is being made: %(made)s of %(wanted)s done on %(document)s, due on %(day)s.")
    return Cause(
        order=order.pk,
        code="in_production",
        rank=Rank.IN_WORK,
        short=Words(_("Being made: %(product)s"), values),
        text=Words(text, values),
        tone="red" if late else "violet",
        lines=(line.pk,),
        document=one.number,
        url=one.get_absolute_url(),
        permission=SEE,
        expected=one.due,
        desk=PRODUCTION,
        action=Action(_("Report production"), one.get_absolute_url(), RUN),
        customer=making(None if late else one.due),
    )
