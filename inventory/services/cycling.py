"""Counting a little every day: products that are due go on a draft."""

from erp.models import Company
from inventory.cycles import due_products
from inventory.models import StockCount, Warehouse
from inventory.services.counting import plan_count


def propose_counts() -> list[StockCount]:
    """Draft a blind count of the products that are due, for each warehouse without such a draft (company settings)."""
    limit = Company.current().cycle_count_products
    if not limit:
        return []
    drafts = StockCount.objects.filter(status=StockCount.Status.DRAFT, scope=StockCount.Scope.CYCLIC, created_by=None)
    made = []
    for warehouse in Warehouse.objects.filter(is_active=True).exclude(pk__in=drafts.values("warehouse")):
        products = due_products(warehouse, limit=limit)
        if products:
            made.append(plan_count(warehouse=warehouse, products=products, by=None))
    return made
