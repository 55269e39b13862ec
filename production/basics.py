"""What production cannot live without: a work centre."""

from decimal import Decimal

from production.models import WorkCenter

# code, name, cost per minute (CNY)
WORK_CENTERS = [("CUT", "下料", "0.8"), ("MACH", "机加工", "1.5"), ("ASSY", "装配", "0.9"), ("PACK", "包装", "0.6")]


def ensure_basics() -> None:
    """Make the usual work centres where none exists."""
    if WorkCenter.objects.exists():
        return
    WorkCenter.objects.bulk_create(
        [WorkCenter(code=code, name=name, minute_cost=Decimal(cost)) for code, name, cost in WORK_CENTERS],
        ignore_conflicts=True,
    )
