"""Report pages for managers, and the same figures as spreadsheets."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from erp.documents.xlsx import csv_response, xlsx_response
from erp.web import perm_required, render_page
from reports.filters import ReportFilter
from reports.report import Report
from reports.selectors import REPORTS

RIGHT = "reports.view_reports"


@require_safe
@perm_required(RIGHT)
def overview(request: HttpRequest) -> HttpResponse:
    """Every report at a glance."""
    wanted = _filter(request)
    reports = [make(wanted) for make in REPORTS.values()]
    context = {**_context(wanted, ""), "reports": reports}
    return render_page(request, "reports/overview.html", context, block="report")


@require_safe
@perm_required(RIGHT)  # type: ignore[arg-type]  # a file is an answer, too
def page(request: HttpRequest, slug: str) -> HttpResponseBase:
    """One report; `?format=xlsx` or `csv` answers with what is on screen as a file."""
    if slug not in REPORTS:
        raise Http404(_("There is no such report."))
    wanted = _filter(request)
    report = REPORTS[slug](wanted)
    if request.GET.get("format") in ("xlsx", "csv"):
        return _export(report, wanted, request.GET["format"])
    return render_page(request, "reports/report.html", {**_context(wanted, slug), "report": report}, block="report")


def _filter(request: HttpRequest) -> ReportFilter:
    return ReportFilter(request.GET, user=request.user)  # type: ignore[arg-type]


def _context(wanted: ReportFilter, slug: str) -> dict[str, Any]:
    names = {
        "": _("Overview"),
        "orders": _("Orders by status"),
        "durations": _("Time in each state"),
        "punctuality": _("Shipped on time"),
        "sales": _("Sales analysis"),
    }
    return {
        "wanted": wanted,
        "choices": wanted.choices(),
        "presets": wanted.presets(),
        "names": names,
        "slug": slug,
        "before": _("the period before"),
    }


def _export(report: Report, wanted: ReportFilter, form: str) -> HttpResponseBase:
    """What is on screen, row by row, the total last."""
    headers = [column.label for column in report.columns]
    rows = [list(row.cells) for row in report.rows]
    if report.totals is not None and rows:
        rows.append(list(report.totals))
    name = f"{report.slug}{'-' + report.keep['by'] if report.keep else ''}"
    filename = f"{name}_{wanted.period.first}_{wanted.period.last}.{form}"
    if form == "csv":
        return csv_response(filename, headers, rows)
    return xlsx_response(filename, headers, rows, title=report.title)
