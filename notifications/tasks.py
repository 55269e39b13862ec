"""Celery's way into the delivery of the outbox."""

from celery import shared_task

from notifications import delivery


@shared_task(name="notifications.tasks.deliver", ignore_result=True)
def deliver(keys: list[str]) -> None:
    """Send these messages, just committed."""
    delivery.deliver(keys)


@shared_task(name="notifications.tasks.sweep_outbox", ignore_result=True, expires=60)
def sweep_outbox() -> None:
    """Send whatever waits or was left behind by a worker that died."""
    delivery.deliver()
