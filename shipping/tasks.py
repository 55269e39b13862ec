"""Shipping's work for the worker: calls to carriers, silent parcels, times in transit."""

from celery import shared_task

from shipping import calls, services


@shared_task(name="shipping.tasks.call_carriers", ignore_result=True)
def call_carriers(keys: list[str]) -> None:
    """Make these calls, just committed."""
    calls.make_calls(keys)


@shared_task(name="shipping.tasks.sweep_calls", ignore_result=True, expires=60)
def sweep_calls() -> None:
    """Make whatever calls are due, or were left behind by a worker that died."""
    calls.make_calls()


@shared_task(name="shipping.tasks.sweep_silent", ignore_result=True, expires=600)
def sweep_silent() -> None:
    """Ask about parcels that nobody has scanned for a day."""
    services.sweep_silent()


@shared_task(name="shipping.tasks.learn_transit_times", ignore_result=True, expires=3600)
def learn_transit_times() -> None:
    """Learn from a year of deliveries how long each service takes to where."""
    services.learn_transit_times()
