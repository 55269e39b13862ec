"""Long work on orders, done by the worker (queue `batch`)."""

from celery import shared_task
from django.utils import translation

from orders.importing.run import execute
from orders.importing.uploads import paths_of
from orders.models import ImportRun


@shared_task(name="orders.tasks.import_orders")
def import_orders(run_id: int, *, language: str | None = None, create_missing: bool = True) -> None:
    """Carry an uploaded import out; delivered twice it enters nothing twice."""
    run = ImportRun.objects.select_related("mapping__channel", "by").get(pk=run_id)
    if run.status not in (ImportRun.Status.WAITING, ImportRun.Status.RUNNING):
        return
    with translation.override(language):
        execute(run, lambda: paths_of(run), create_missing=create_missing)
