"""Work on stock done by the worker."""

from celery import shared_task

from inventory import comparison
from inventory.services.cycling import propose_counts


@shared_task(name="inventory.tasks.propose_counts", ignore_result=True)
def plan_cycle_counts() -> None:
    """Put products whose count is due on a draft."""
    propose_counts()


@shared_task(name="inventory.tasks.compare_stock", expires=60 * 60 * 6)
def compare_stock(by: str = "") -> None:
    """Compare every balance with its ledger and keep the result."""
    comparison.compare(by=by)
