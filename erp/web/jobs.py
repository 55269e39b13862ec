"""The pages of long work: what a person has started, how far it is, what became of each thing, and taking it back."""

from typing import cast

from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from erp import jobs
from erp.documents.xlsx import xlsx_response
from erp.models import Job, JobItem, User
from erp.web.access import get_or_404, staff_required
from erp.web.lists import keyset_page
from erp.web.live import finished, live_token, unchanged
from erp.web.pages import go, render_page

SHOWN = 300  # things on the page; the sheet to download has all


def _mine(request: HttpRequest, pk: int) -> Job:
    rows = Job.objects.visible_to(cast(User, request.user)).filter(kind__in=jobs.KINDS)
    return get_or_404(rows.select_related("undone_by", "undo_of", "by"), pk=pk)


@require_GET
@staff_required
def job_list(request: HttpRequest) -> HttpResponse:
    """What this person has started, the newest first."""
    rows = Job.objects.visible_to(cast(User, request.user)).filter(kind__in=jobs.KINDS)
    page = keyset_page(rows, "-id", request.GET.get("cursor"))
    block = "rows" if "cursor" in request.GET else "list"
    return render_page(request, "jobs/list.html", {"page": page}, block=block)


@require_GET
@staff_required
def job_page(request: HttpRequest, pk: int) -> HttpResponse:
    """One job: its progress, followed by itself, and then its result sheet."""
    job = _mine(request, pk)
    token = live_token(job.status, job.done, job.total)
    if job.is_under_way and (same := unchanged(request, token)):
        return same
    items = [] if job.is_under_way else list(job.items.order_by("-state", "position")[: SHOWN + 1])
    refused = 0 if job.is_under_way else job.items.filter(state=JobItem.State.REFUSED).count()
    context = {
        "job": job,
        "token": token,
        "items": items[:SHOWN],
        "more": len(items) > SHOWN,
        "refused": refused,
        "succeeded": job.total - refused,
        "undo": jobs.can_undo(job),
        "undone_by": getattr(job, "undone_by", None),
        "back": job.arguments.get("back", ""),
    }
    response = render_page(request, "jobs/job.html", context, block="state")
    return finished(response) if "_v" in request.GET and not job.is_under_way else response


@require_GET
@staff_required  # type: ignore[arg-type]
def job_file(request: HttpRequest, pk: int) -> FileResponse:
    """The file that a job made."""
    job = _mine(request, pk)
    if not job.file:
        raise Http404(_("This work made no file."))
    return FileResponse(job.file.open("rb"), as_attachment=True, filename=str(job.result.get("name") or job.file.name))


@require_GET
@staff_required  # type: ignore[arg-type]
def job_sheet(request: HttpRequest, pk: int) -> FileResponse:
    """What became of each thing, as a workbook."""
    job = _mine(request, pk)
    rows = job.items.order_by("position").iterator(chunk_size=1000)
    headings = [_("Number"), _("Result"), _("Reason"), _("At")]
    lines = ((item.label, item.get_state_display(), item.note, item.at) for item in rows)
    return xlsx_response(f"result-{job.pk}.xlsx", headings, lines, title=_("Result"))


@require_POST
@staff_required
def job_undo(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a job's effect back, where nothing has changed since."""
    job = _mine(request, pk)
    taken_back = jobs.undo(job, by=cast(User, request.user))
    jobs.carry_out(taken_back)
    messages.info(request, _("What has changed since stays as it is."))
    return go(request, taken_back)
