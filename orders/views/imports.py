"""Orders from files: upload, look, start, watch, and what could not be taken."""

from typing import Any, cast

from django.contrib import messages
from django.core.cache import cache
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from erp.documents.xlsx import XLSX_TYPE, csv_response, xlsx_response
from erp.errors import BusinessError
from erp.models import User
from erp.web import finished, get_or_404, go, live_token, perm_required, render_page, unchanged
from orders.importing import report
from orders.importing.builtin import TEMPLATE, ensure_mappings, template_workbook
from orders.importing.editing import open_editor, save_edited
from orders.importing.mapping import Mapping
from orders.importing.preview import preview
from orders.importing.run import progress_key
from orders.importing.uploads import choose_mapping, paths_of, receive, start
from orders.models import Channel, ImportMapping, ImportRun

RIGHTS = ("orders.add_salesorder", "orders.add_customer")
RECENT = 15
BAD_ROWS_SHOWN = 100
UNDER_WAY = (ImportRun.Status.WAITING, ImportRun.Status.RUNNING)


def _person(request: HttpRequest) -> User:
    return cast(User, request.user)


def _runs(request: HttpRequest) -> QuerySet[ImportRun]:
    return ImportRun.objects.visible_to(_person(request)).select_related("mapping__channel", "by")


@perm_required(*RIGHTS)
@require_http_methods(["GET", "POST"])
def home(request: HttpRequest) -> HttpResponse:
    """Upload files of orders; the imports before; the template to fill in."""
    error, chosen = None, request.POST.get("mapping", "")
    if request.method == "POST":
        mapping = ImportMapping.objects.select_related("channel").filter(name=chosen).first()
        try:
            run = receive(request.FILES.getlist("files"), by=_person(request), mapping=mapping)
        except BusinessError as refusal:
            error = refusal
        else:
            return go(request, "orders:import_run", run.pk)
    ensure_mappings()
    context = {
        "error": error,
        "mapping_choices": [("", _("Find out from the headings")), *_mapping_names()],
        "chosen": chosen,
        "runs": list(_runs(request).order_by("-id")[:RECENT]),
        "template_name": TEMPLATE,
    }
    return render_page(request, "orders/import.html", context, status=422 if error else 200)


def _mapping_names() -> list[tuple[str, str]]:
    return [(name, name) for name in ImportMapping.objects.order_by("id").values_list("name", flat=True)]


@perm_required(*RIGHTS)
@require_GET
def template(request: HttpRequest) -> HttpResponse:
    """The sheet that companies fill in by hand."""
    response = HttpResponse(template_workbook(), content_type=XLSX_TYPE)
    response["Content-Disposition"] = (
        "attachment; filename*=UTF-8''%E8%AE%A2%E5%8D%95%E5%AF%BC%E5%85%A5%E6%A8%A1%E6%9D%BF.xlsx"
    )
    return response


@perm_required(*RIGHTS)
@require_GET
def run(request: HttpRequest, pk: int) -> HttpResponse:
    """One import: its preview, its progress, or its result; follows the worker by itself."""
    return _show(request, get_or_404(_runs(request), pk=pk))


def _show(request: HttpRequest, found: ImportRun, *, error: BusinessError | None = None) -> HttpResponse:
    done, total = cache.get(progress_key(found)) or (0, found.rows_total)
    token = live_token(found.status, done, total)
    if found.status in UNDER_WAY and (same := unchanged(request, token)):
        return same
    context: dict[str, Any] = {
        "run": found,
        "error": error,
        "token": token,
        "done": done,
        "total": total,
        "under_way": found.status in UNDER_WAY,
        "result": found.result,
    }
    if found.status == ImportRun.Status.UPLOADED or _may_start_again(found):
        context |= _preview_context(found)
    if found.status == ImportRun.Status.DONE:
        context["bad_rows"] = list(found.bad_rows.order_by("file", "row", "id")[:BAD_ROWS_SHOWN])
    response = render_page(request, "orders/import_run.html", context, block="state", status=422 if error else 200)
    return finished(response) if "_v" in request.GET and found.status not in UNDER_WAY else response


def _may_start_again(found: ImportRun) -> bool:
    """After a dry run, a failure, and when nothing was kept."""
    if found.status == ImportRun.Status.FAILED:
        return True
    return found.status == ImportRun.Status.DONE and not found.result.get("kept")


def _preview_context(found: ImportRun) -> dict[str, Any]:
    try:
        shown = preview(Mapping.of(found.mapping), paths_of(found))
    except BusinessError as refusal:
        return {"gone": refusal}
    return {"preview": shown, "mapping_choices": _mapping_names(), "may_start": True}


@perm_required(*RIGHTS)
@require_POST
def begin(request: HttpRequest, pk: int) -> HttpResponse:
    """Check only, or enter the orders; keeping the good ones or none."""
    found = get_or_404(_runs(request), pk=pk)
    try:
        start(
            found,
            dry_run=request.POST.get("act") == "check",
            all_or_nothing=request.POST.get("keep") == "none",
            create_missing="create_missing" in request.POST,
        )
    except BusinessError as refusal:
        return _show(request, found, error=refusal)
    return go(request, "orders:import_run", pk)


@perm_required(*RIGHTS)
@require_POST
def mapping(request: HttpRequest, pk: int) -> HttpResponse:
    """Read the files through another saved mapping."""
    found = get_or_404(_runs(request), pk=pk)
    chosen = get_or_404(ImportMapping.objects.all(), name=request.POST.get("mapping", ""))
    try:
        choose_mapping(found, chosen)
    except BusinessError as refusal:
        return _show(request, found, error=refusal)
    return go(request, "orders:import_run", pk)


@perm_required(*RIGHTS)
@require_http_methods(["GET", "POST"])
def columns(request: HttpRequest, pk: int) -> HttpResponse:
    """Say which heading is which field, and save it under a name."""
    found = get_or_404(_runs(request), pk=pk)
    typed = request.POST.dict() if request.method == "POST" else None
    try:
        editor = open_editor(found.mapping, paths_of(found), typed=typed)
    except BusinessError as refusal:
        return _show(request, found, error=refusal)
    if typed and typed.get("act") == "save":
        try:
            saved = save_edited(editor, by=_person(request))
            choose_mapping(found, saved)
        except BusinessError as refusal:
            editor.error = refusal
        else:
            messages.success(request, _("Mapping “%(name)s” saved.") % {"name": saved.name})
            return go(request, "orders:import_run", pk)
    channels = [(channel.code, str(channel)) for channel in Channel.objects.all()]
    context = {"run": found, "editor": editor, "channels": channels}
    return render_page(request, "orders/import_columns.html", context, status=422 if editor.error else 200)


@perm_required(*RIGHTS)
@require_GET
def bad_rows(request: HttpRequest, pk: int, form: str) -> HttpResponse:
    """The rows that could not be taken, as XLSX or CSV."""
    found = get_or_404(_runs(request), pk=pk)
    name = f"import-{found.pk}-bad-rows.{form}"
    make = xlsx_response if form == "xlsx" else csv_response
    return cast(HttpResponse, make(name, report.headings(), report.rows(found)))
