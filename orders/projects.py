"""Reads of projects: the list's sums, and how far one has come in goods and money."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Count, DecimalField, ExpressionWrapper, F, Q, QuerySet, Sum
from django.db.models.functions import Least

from erp.models import User
from erp.money import ZERO, round_money
from erp.projects import money_of
from orders.models import OrderLine, Project, SalesOrder

COUNTED = ~Q(status=SalesOrder.Status.CANCELLED)  # what became of nothing is no part of a project's sums
_MONEY = DecimalField(max_digits=30, decimal_places=10)


@dataclass(frozen=True, slots=True)
class Sums:
    """A project in a list: how many orders, and what they come to (CNY, with tax)."""

    orders: int = 0
    ordered: Decimal = ZERO


@dataclass(frozen=True, slots=True)
class Figures:
    """How far a project has come, in CNY. With tax but `revenue` (shipped, without tax) and `cost` of the goods shipped."""

    orders: int
    ordered: Decimal
    made: Decimal
    shipped: Decimal
    delivered: Decimal
    paid: Decimal
    billed: Decimal
    outstanding: Decimal
    revenue: Decimal
    cost: Decimal

    @property
    def margin(self) -> Decimal:
        """What is left of the revenue over the cost."""
        return self.revenue - self.cost

    @property
    def margin_share(self) -> Decimal | None:
        """The margin as a share of the revenue; None before anything was shipped."""
        return self.margin / self.revenue if self.revenue else None


def matching_projects(rows: QuerySet[Project], text: str) -> QuerySet[Project]:
    """Projects whose number or name contains the text, or whose customer's does."""
    text = text.strip()
    if not text:
        return rows
    return rows.filter(
        Q(number__icontains=text)
        | Q(name__icontains=text)
        | Q(customer__name__icontains=text)
        | Q(customer__initials__icontains=text)
    )


def orders_of(project: Project, user: User) -> QuerySet[SalesOrder]:
    """The project's orders that a person may see."""
    return SalesOrder.objects.visible_to(user).filter(project=project)


def sums_of(projects: list[Project], user: User) -> dict[int, Sums]:
    """Orders and their sum for each of a page's projects, as far as the person may see them. One query."""
    rows = SalesOrder.objects.visible_to(user).filter(COUNTED, project__in=projects)
    # The scope may join other tables: the sums are taken of the orders themselves.
    rows = SalesOrder.objects.filter(pk__in=rows.values("pk")).order_by().values("project_id")
    found = rows.annotate(number=Count("pk"), sum=Sum(F("total") * F("rate"), output_field=_MONEY))
    return {row["project_id"]: Sums(row["number"], round_money(row["sum"])) for row in found}


def figures_of(project: Project, user: User) -> Figures:
    """How far the project has come, as far as the person may see its orders. About six queries."""
    ids = orders_of(project, user).filter(COUNTED).order_by().values("pk")
    heads = SalesOrder.objects.filter(pk__in=ids).aggregate(
        orders=Count("pk"),
        sum_ordered=Sum(F("total") * F("rate"), output_field=_MONEY),
        sum_paid=Sum(F("paid") * F("rate"), output_field=_MONEY),
    )
    kept = F("shipped") - F("returned")
    lines = OrderLine.objects.filter(order__in=ids).aggregate(
        sum_made=_share("total", Least(F("made"), F("quantity"))),
        sum_shipped=_share("total", F("shipped")),
        sum_delivered=_share("total", F("delivered")),
        sum_revenue=_share("untaxed", kept),
    )
    money = money_of(ids)
    number = heads.pop("orders")
    # Names of their own, because an aggregate hides the column of the same name from the next one.
    sums = {name.removeprefix("sum_"): round_money(value or ZERO) for name, value in {**heads, **lines}.items()}
    return Figures(orders=number, billed=money.billed, outstanding=money.outstanding, cost=money.cost, **sums)


def _share(amount: str, quantity: Any) -> Sum:
    """What so much of each line comes to, in CNY."""
    return Sum(ExpressionWrapper(F(amount) * F("order__rate") * quantity / F("quantity"), output_field=_MONEY))
