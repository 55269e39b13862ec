"""Imports as people start them: files come in, are looked at, get a mapping, and are handed to the worker."""

import secrets
from collections.abc import Sequence
from pathlib import Path, PurePath

from django.conf import settings
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from erp.documents.reading import SUFFIXES, FileRefused, read_table
from erp.errors import BusinessError
from erp.models import User
from orders.importing.builtin import GENERIC, ensure_mappings
from orders.importing.detection import detect_mapping
from orders.importing.mapping import Mapping
from orders.models import ImportMapping, ImportRun

BIGGEST = 200 << 20
MOST_FILES = 8


def receive(files: Sequence[UploadedFile], *, by: User, mapping: ImportMapping | None = None) -> ImportRun:
    """Store the files of one export and find the mapping that fits; nothing is entered yet.

    Raises FileRefused when one of them cannot be read; then none is kept.
    """
    _refuse_unlikely(files)
    folder = f"imports/{timezone.localdate():%Y/%m}/{secrets.token_urlsafe(9)}"
    stored = [default_storage.save(f"{folder}/{PurePath(file.name or 'file').name}", file) for file in files]
    paths = [Path(default_storage.path(name)) for name in stored]
    try:
        for path in paths:
            read_table(path)
        chosen = mapping or _fitting(paths)
    except BusinessError:
        for name in stored:
            default_storage.delete(name)
        raise
    names = "、".join(str(file.name) for file in files)
    return ImportRun.objects.create(
        file=stored[0], filename=names[:200], mapping=chosen, by=by, status=ImportRun.Status.UPLOADED
    )


def _refuse_unlikely(files: Sequence[UploadedFile]) -> None:
    if not files:
        raise FileRefused(_("Please choose a file."))
    if len(files) > MOST_FILES:
        raise FileRefused(_("At most %(count)s files at once.") % {"count": MOST_FILES})
    for file in files:
        if PurePath(file.name or "").suffix.lower() not in (*SUFFIXES, ".xls"):
            raise FileRefused(
                _("%(file)s is neither a CSV nor an XLSX file.") % {"file": file.name},
                hint=_("Save it as “.xlsx” or “.csv”."),
            )
        if not file.size:
            raise FileRefused(_("%(file)s is empty.") % {"file": file.name})
        if file.size > BIGGEST:
            raise FileRefused(
                _("%(file)s is larger than 200 MB.") % {"file": file.name}, hint=_("Split it into several files.")
            )


def _fitting(paths: list[Path]) -> ImportMapping:
    """The mapping that fits; when none does, the one that guesses, so that the person can name the columns."""
    ensure_mappings()
    try:
        return detect_mapping(paths)
    except BusinessError:
        return ImportMapping.objects.select_related("channel").get(name=GENERIC)


def paths_of(run: ImportRun) -> list[Path]:
    """The files of a run, the one that was chosen first at the front. Raises FileRefused when they are gone."""
    first = Path(settings.MEDIA_ROOT, str(run.file.name))
    if not run.file or not first.exists():
        raise FileRefused(_("The files of this import are not there any more."), hint=_("Upload them again."))
    return [first, *sorted(path for path in first.parent.iterdir() if path.is_file() and path != first)]


def choose_mapping(run: ImportRun, mapping: ImportMapping) -> None:
    """Read the files through another mapping. Raises BusinessError once orders were entered."""
    _refuse_started(run)
    run.mapping, run.status, run.result = mapping, ImportRun.Status.UPLOADED, {}
    run.save(update_fields=["mapping", "status", "result"])


@transaction.atomic
def start(run: ImportRun, *, dry_run: bool, all_or_nothing: bool, create_missing: bool) -> None:
    """Hand the import to the worker, in the language of the person who starts it.

    Raises BusinessError when it is under way or done, or when its mapping does not fit.
    """
    run = ImportRun.objects.select_for_update(of=("self",)).select_related("mapping__channel").get(pk=run.pk)
    _refuse_started(run)
    mapping = Mapping.of(run.mapping)
    mapping.check_headings(mapping.sort_files(paths_of(run)))
    run.dry_run, run.all_or_nothing, run.create_missing = dry_run, all_or_nothing, create_missing
    run.language = translation.get_language() or ""
    run.status, run.result, run.finished_at = ImportRun.Status.WAITING, {}, None
    run.save()
    from orders.tasks import import_orders

    transaction.on_commit(lambda: import_orders.delay(run.pk))


def _refuse_started(run: ImportRun) -> None:
    if run.status in (ImportRun.Status.WAITING, ImportRun.Status.RUNNING):
        raise BusinessError(_("This import is under way."), hint=_("Wait until it is done."))
    if run.status == ImportRun.Status.DONE and run.result.get("kept"):
        raise BusinessError(_("This import is done."), hint=_("Upload a file to import more orders."))
