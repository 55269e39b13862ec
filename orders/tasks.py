"""Work on orders done by the worker: imports in the queue `batch`, deliveries of shops in `interactive`."""

from celery import shared_task
from django.db.models import Q
from django.utils import translation

from orders.channels import taking
from orders.importing.run import claim, execute, left_behind
from orders.importing.uploads import paths_of
from orders.models import ImportRun
from orders.services import freshness, serving
from orders.services.archive import archive_old
from orders.services.reminders import remind_all


@shared_task(name="orders.tasks.import_orders")
def import_orders(run_id: int) -> None:
    """Carry an uploaded import out; delivered twice it enters nothing twice."""
    run = ImportRun.objects.select_related("mapping__channel", "by").get(pk=run_id)
    if run.status not in (ImportRun.Status.WAITING, ImportRun.Status.RUNNING) or not claim(run):
        return
    with translation.override(run.language or None):
        execute(run, lambda: paths_of(run), create_missing=run.create_missing)


@shared_task(name="orders.tasks.sweep_imports", expires=60)
def sweep_imports() -> None:
    """Take up the imports whose worker died; orders that are there stay as they are."""
    for run_id in left_behind():
        import_orders.delay(run_id)


@shared_task(name="orders.tasks.take_delivery")
def take_delivery(pk: int) -> None:
    """Take a delivery of a shop, just committed; delivered twice it enters nothing twice."""
    taking.take(pk)


@shared_task(name="orders.tasks.sweep_deliveries", expires=60)
def sweep_deliveries() -> None:
    """Take what a crash left behind."""
    taking.sweep()


@shared_task(name="orders.tasks.remind_approvers", expires=600)
def remind_approvers() -> None:
    """Remind whom an approval waits for, and escalate where they still do not decide."""
    remind_all()


@shared_task(name="orders.tasks.recheck_orders")
def recheck_orders(customers: list[int] | None = None, products: list[int] | None = None) -> int:
    """Run the checks of these customers' pending orders, or of those with these products, again."""
    if customers:
        return freshness.freshen_many(Q(customer__in=customers))
    return freshness.freshen_many(Q(lines__product__in=products)) if products else 0


@shared_task(name="orders.tasks.sweep_checks", expires=600)
def sweep_checks() -> int:
    """Run the checks of pending orders that nobody has looked at again."""
    return freshness.sweep()


@shared_task(name="orders.tasks.archive_orders", expires=60 * 60 * 6)
def archive_orders() -> None:
    """Take what is long finished out of the working lists."""
    archive_old()


@shared_task(name="orders.tasks.serve_free_stock", expires=240)
def serve_free_stock() -> int:
    """Give free stock to whoever still waits for it."""
    return serving.serve_free_stock()
