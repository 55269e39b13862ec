"""Every report by the name in its address."""

from collections.abc import Callable

from reports.filters import ReportFilter
from reports.report import Report
from reports.selectors.durations import durations
from reports.selectors.progress import progress
from reports.selectors.punctuality import punctuality
from reports.selectors.sales import sales

REPORTS: dict[str, Callable[[ReportFilter], Report]] = {
    "orders": progress,
    "durations": durations,
    "punctuality": punctuality,
    "sales": sales,
}

__all__ = ["REPORTS", "durations", "progress", "punctuality", "sales"]
