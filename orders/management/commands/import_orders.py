"""`manage.py import_orders FILE [FILE…] [--mapping NAME] [--dry-run] [--all-or-nothing]`."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from erp.errors import BusinessError
from erp.models import User
from orders.importing.builtin import ensure_mappings
from orders.importing.detection import detect_mapping, expand
from orders.importing.run import execute
from orders.models import ImportMapping, ImportRun

SHOWN = 50


class Command(BaseCommand):
    help = (
        "Import orders from CSV or XLSX through a saved mapping. Orders that are already there stay as they are; an order "
        "with a bad row is refused whole, and every bad row is named."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "files", nargs="+", type=Path, help="the file of orders, files that belong to it, or a folder"
        )
        parser.add_argument(
            "--mapping", default="", help="name of the mapping; found out from the headings when left out"
        )
        parser.add_argument("--dry-run", action="store_true", help="check everything and write nothing")
        parser.add_argument("--all-or-nothing", action="store_true", help="enter nothing when any row is bad")
        parser.add_argument("--user", default="", help="on whose behalf; the system itself when left out")

    def handle(self, *args: Any, **options: Any) -> None:
        ensure_mappings()
        try:
            paths, folder = expand(options["files"])
            mapping = self._mapping(options["mapping"], paths, folder)
        except BusinessError as refusal:
            raise CommandError(f"{refusal.message} {refusal.hint}".strip()) from refusal
        run = ImportRun.objects.create(
            filename=options["files"][0].name[:200],
            mapping=mapping,
            by=self._user(options["user"]),
            dry_run=options["dry_run"],
            all_or_nothing=options["all_or_nothing"],
        )
        execute(run, lambda: paths, beside=folder)
        self._report(run)

    def _mapping(self, name: str, paths: list[Path], folder: Path) -> ImportMapping:
        if not name:
            return detect_mapping(paths, beside=folder)
        found = ImportMapping.objects.select_related("channel").filter(name=name).first()
        if found is None:
            names = "、".join(ImportMapping.objects.order_by("name").values_list("name", flat=True))
            raise CommandError(
                _("There is no mapping “%(name)s”. There are: %(names)s.") % {"name": name, "names": names}
            )
        return found

    def _user(self, name: str) -> User | None:
        if not name:
            return None
        user = User.objects.filter(username=name, is_active=True).first()
        if user is None:
            raise CommandError(f"There is no active user named “{name}”.")
        return user

    def _report(self, run: ImportRun) -> None:
        for row in run.bad_rows.all()[:SHOWN]:
            self.stderr.write(f"{row.file}:{row.row} [{row.column}] {row.error}")
        result = run.result
        if run.status == ImportRun.Status.FAILED:
            raise CommandError(f"{result['error']} {result['hint']}".strip())
        for line in summary(run):
            self.stdout.write(line)
        if not result["kept"] and not run.dry_run:
            raise CommandError(_("Nothing was entered, because something is wrong and all or nothing was asked."))


def summary(run: ImportRun) -> list[str]:
    """The figures of a run, one sentence a line."""
    result = run.result
    lines = [
        _("Mapping “%(mapping)s”, %(rows)s rows read in %(seconds)s s.")
        % {"mapping": run.mapping.name, "rows": result["rows"], "seconds": result["seconds"]},
        _("%(orders)s orders with %(lines)s lines entered, total %(total)s.")
        % {"orders": result["orders_created"], "lines": result["lines"], "total": result["total"]},
        ngettext("%(num)s order was already there.", "%(num)s orders were already there.", result["orders_existing"])
        % {"num": result["orders_existing"]},
        _("%(customers)s customers and %(products)s products made.")
        % {"customers": result["customers_created"], "products": result["products_created"]},
    ]
    if result["rows_bad"]:
        lines.append(
            _("%(rows)s bad rows; %(orders)s orders refused.")
            % {"rows": result["rows_bad"], "orders": result["orders_refused"]}
        )
    if run.dry_run:
        lines.append(_("This was a dry run: nothing was written."))
    return lines
