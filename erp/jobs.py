"""Long work: started by a person, done thing by thing in the worker, watched on its page, taken back where possible.

Each thing is done and marked in one transaction, so a worker may be killed at any moment: the work goes on where it
stopped, and nothing is done twice. A little is done at once, within the request; more is done in turns of some dozens,
so that it waits for no long work and lets other short work through.
"""

import datetime as dt
import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from django.core.cache import cache
from django.core.files.base import ContentFile
from django.db import transaction
from django.utils import timezone, translation
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from erp.errors import BusinessError
from erp.models import Job, JobItem, User
from erp.transactions import verb

log = logging.getLogger(__name__)

# What can be done, by name: dotted names of objects that are a `Kind` (thing by thing) or a `Maker` (one file).
KINDS: dict[str, str] = {
    "orders.bulk": "orders.bulk.EACH",
    "orders.print": "orders.bulk.PRINT",
    "orders.export": "orders.bulk.EXPORT",
}
AT_ONCE = 20  # things that are done while the person waits
STILL_ALIVE = 120  # seconds after which work without a sign of life is taken up again
BUSY_SECONDS = 60 * 60 * 24  # how long pages look whether a person's work still runs
SIGN_EVERY = 10  # things between two signs of life
A_TURN = 50  # things that the worker does before other short work has its turn


@dataclass(frozen=True, slots=True)
class Thing:
    """One thing to be done something to; with a `refusal` it is only listed, with the reason why it is left out."""

    object_id: int
    label: str
    url: str = ""
    refusal: str = ""
    before: dict[str, Any] = field(default_factory=dict)
    after: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Done:
    """What was done to a thing: a note for the sheet, and the facts by which it can be taken back."""

    note: str = ""
    before: dict[str, Any] = field(default_factory=dict)
    after: dict[str, Any] = field(default_factory=dict)


class Kind(Protocol):
    """Work that is done thing by thing."""

    def act(self, job: Job, item: JobItem) -> Done:
        """Do it to one thing, within a transaction. Raises BusinessError with the reason why not."""

    def can_undo(self, job: Job) -> bool:
        """Whether what the job did can be taken back."""


class Maker(Protocol):
    """Work whose result is one file. Begun again it starts from the beginning. `at_once`: a file this small is made
    while the person waits.
    """

    at_once: int

    def make(self, job: Job, tell: Callable[[int], None]) -> tuple[str, bytes]:
        """The file's name and content; `tell` reports how many things are in it."""


def kind_of(job: Job) -> Any:
    """What carries the job out."""
    return import_string(KINDS[job.kind])


@transaction.atomic
def start(
    kind: str,
    *,
    title: str,
    by: User,
    things: Sequence[Thing] = (),
    total: int | None = None,
    arguments: dict[str, Any] | None = None,
    token: str = "",
    undo_of: Job | None = None,
) -> Job:
    """Write down what is to be done. The same token means the same work: it is not begun a second time."""
    fields = {
        "kind": kind,
        "title": title[:200],
        "by": by,
        "total": len(things) if total is None else total,
        "done": sum(bool(thing.refusal) for thing in things),
        "arguments": arguments or {},
        "language": translation.get_language() or "",
        "undo_of": undo_of,
    }
    job, is_new = Job.objects.get_or_create(token=token, by=by, defaults=fields) if token else (_make(fields), True)
    if is_new:
        cache.set(_busy_key(by), True, BUSY_SECONDS)
        now = timezone.now()
        JobItem.objects.bulk_create(_item(job, place, thing, now) for place, thing in enumerate(things, start=1))
    return job


def _busy_key(user: User) -> str:
    return f"jobs-of:{user.pk}"


def under_way(user: User, kinds: Sequence[str], most: int = 3) -> list[Job]:
    """A person's work of these kinds that waits or runs; no query for those who have started none of late."""
    if not cache.get(_busy_key(user)):
        return []
    found = list(Job.objects.visible_to(user).under_way().filter(kind__in=KINDS))
    if not found:
        cache.delete(_busy_key(user))
    return [job for job in found if job.kind in kinds][:most]


def _make(fields: dict[str, Any]) -> Job:
    return Job.objects.create(**fields)


def _item(job: Job, place: int, thing: Thing, now: Any) -> JobItem:
    left_out = bool(thing.refusal)
    return JobItem(
        job=job,
        position=place,
        object_id=thing.object_id,
        label=thing.label[:120],
        url=thing.url[:200],
        state=JobItem.State.REFUSED if left_out else JobItem.State.WAITING,
        note=thing.refusal,
        before=thing.before,
        after=thing.after,
        at=now if left_out else None,
    )


def carry_out(job: Job) -> None:
    """Do a little at once, and hand the rest to the worker."""
    if not job.is_under_way:
        return
    if job.total - job.done <= getattr(kind_of(job), "at_once", AT_ONCE):
        run(job.pk)
    else:
        transaction.on_commit(lambda: _hand_over(job))


def _hand_over(job: Job) -> None:
    """Let a worker do it. Things are done in short turns among other short work; a file is long work of its own."""
    from erp.tasks import run_job

    run_job.apply_async((job.pk,), queue="batch" if hasattr(kind_of(job), "make") else "interactive")


def run(pk: int) -> None:
    """Carry a job out, or go on with one that was interrupted. Running it twice does nothing twice."""
    opened = Job.objects.filter(pk=pk, kind__in=KINDS).under_way()
    if not opened.update(status=Job.Status.RUNNING, seen_at=timezone.now()):
        return
    job = Job.objects.select_related("by", "undo_of").get(pk=pk)
    kind = kind_of(job)
    with translation.override(job.language or None):
        if hasattr(kind, "make"):
            _make_file(job, kind)
        else:
            _do_each(job, kind)


def _waiting(job: Job) -> list[int]:
    return list(job.items.filter(state=JobItem.State.WAITING).order_by("position").values_list("pk", flat=True))


def _do_each(job: Job, kind: Kind) -> None:
    mine = 0
    for place, pk in enumerate(_waiting(job)[:A_TURN], start=1):
        try:
            mine += _do_one(job, kind, pk)
        except Exception:  # one thing that breaks must not stop the others
            log.exception("job %s broke at part %s", job.pk, pk)
            _refuse(pk, _("Something broke on our side; nothing was changed."))
            mine += 1
        if place % SIGN_EVERY == 0:
            _tell(job)
    _tell(job)
    if not _waiting(job):
        _finish(job, Job.Status.DONE)
    elif mine:  # else somebody else is at the rest of them
        _hand_over(job)


@verb
def _do_one(job: Job, kind: Kind, pk: int) -> bool:
    """Do it to one thing; False when somebody else does or did."""
    item = JobItem.objects.select_for_update(skip_locked=True).filter(pk=pk, state=JobItem.State.WAITING).first()
    if item is None:
        return False
    try:
        with transaction.atomic():
            done = kind.act(job, item)
    except BusinessError as refusal:
        item.state, item.note = JobItem.State.REFUSED, f"{refusal.message} {refusal.hint}".strip()
    else:
        item.state, item.note = JobItem.State.DONE, done.note
        item.before, item.after = done.before, done.after
    item.at = timezone.now()
    item.save(update_fields=["state", "note", "before", "after", "at"])
    return True


def _refuse(pk: int, note: str) -> None:
    waiting = JobItem.objects.filter(pk=pk, state=JobItem.State.WAITING)
    waiting.update(state=JobItem.State.REFUSED, note=note, at=timezone.now())


def _tell(job: Job) -> None:
    done = job.items.exclude(state=JobItem.State.WAITING).count()
    Job.objects.filter(pk=job.pk).update(done=done, seen_at=timezone.now())


def _make_file(job: Job, kind: Maker) -> None:
    def tell(done: int) -> None:
        Job.objects.filter(pk=job.pk).update(done=done, seen_at=timezone.now())

    try:
        name, content = kind.make(job, tell)
    except BusinessError as refusal:
        _finish(job, Job.Status.FAILED, result={"error": refusal.message, "hint": refusal.hint})
    except Exception:
        _finish(
            job, Job.Status.FAILED, result={"error": _("Something broke on our side."), "hint": _("Start it again.")}
        )
        raise
    else:
        _finish(job, Job.Status.DONE, file=(name, content))


@transaction.atomic
def _finish(
    job: Job, status: str, *, result: dict[str, Any] | None = None, file: tuple[str, bytes] | None = None
) -> None:
    job = Job.objects.select_for_update(of=("self",)).get(pk=job.pk)
    if not job.is_under_way:  # another worker was faster
        return
    job.status, job.finished_at = status, timezone.now()
    job.result = result or {}
    if status == Job.Status.DONE:
        job.done = job.total
    if file is not None:
        name, content = file
        job.result["name"] = name
        job.file.save(f"{job.pk}-{name}", ContentFile(content), save=False)
    job.save()


def sweep() -> int:
    """Take up again what a killed worker left behind; returns how many jobs."""
    silent = timezone.now() - dt.timedelta(seconds=STILL_ALIVE)
    jobs = [job for job in Job.objects.filter(kind__in=KINDS).under_way() if (job.seen_at or job.created_at) < silent]
    for job in jobs:
        _hand_over(job)
    return len(jobs)


def can_undo(job: Job) -> bool:
    """Whether the job's effect can be taken back, once, and has not been yet."""
    if job.status != Job.Status.DONE or job.undo_of_id or job.kind not in KINDS or hasattr(job, "undone_by"):
        return False
    kind = kind_of(job)
    return hasattr(kind, "can_undo") and kind.can_undo(job)


@transaction.atomic
def undo(job: Job, *, by: User) -> Job:
    """Begin to take a job back, thing by thing; what has changed since stays as it is. Begun once, however often asked."""
    job = Job.objects.select_for_update(of=("self",)).get(pk=job.pk)
    if earlier := Job.objects.filter(undo_of=job).first():
        return earlier
    if not can_undo(job):
        raise BusinessError(_("“%(job)s” cannot be taken back.") % {"job": job.title})
    done = job.items.filter(state=JobItem.State.DONE).order_by("position")
    return start(
        job.kind,
        title=_("Taken back: %(job)s") % {"job": job.title},
        by=by,
        things=list(_things(done)),
        arguments=job.arguments,
        undo_of=job,
    )


def _things(items: Iterable[JobItem]) -> Iterable[Thing]:
    for item in items:
        yield Thing(item.object_id, item.label, item.url, before=item.before, after=item.after)
