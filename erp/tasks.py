"""The kernel's own tasks: heartbeats by which `/healthz` knows that beat sends and a worker works, and clearing."""

import time
from typing import Any

from celery import shared_task
from celery.signals import after_task_publish
from django.core.cache import cache
from django.core.management import call_command

from erp import housekeeping

WORKER_HEARTBEAT = "worker-heartbeat"
BEAT_HEARTBEAT = "beat-heartbeat"
HEARTBEAT_TASK = "erp.tasks.heartbeat"


@shared_task(name=HEARTBEAT_TASK, ignore_result=True, expires=60)
def heartbeat() -> None:
    """Note that a worker took a task that beat had sent."""
    cache.set(WORKER_HEARTBEAT, time.time(), timeout=None)


@after_task_publish.connect(sender=HEARTBEAT_TASK)
def _note_beat(**_: Any) -> None:
    """Runs in beat, the only sender of the task."""
    cache.set(BEAT_HEARTBEAT, time.time(), timeout=None)


@shared_task(name="erp.tasks.clear_attachments", ignore_result=True)
def clear_attachments() -> int:
    """Remove the bytes of files that were deleted weeks ago."""
    from erp.talk.files import clear_deleted

    return clear_deleted()


@shared_task(name="erp.tasks.keep_house", ignore_result=True, expires=3600)
def keep_house() -> None:
    """Forget what is over: used-up request keys and ended sessions."""
    housekeeping.forget_old_keys()
    call_command("clearsessions")


@shared_task(name="erp.tasks.run_job", ignore_result=True)
def run_job(pk: int) -> None:
    """Carry long work out; delivered twice it does nothing twice."""
    from erp import jobs

    jobs.run(pk)


@shared_task(name="erp.tasks.sweep_jobs", ignore_result=True, expires=60)
def sweep_jobs() -> None:
    """Take up again what a killed worker left behind."""
    from erp import jobs

    jobs.sweep()
