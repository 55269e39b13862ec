"""Which mapping fits which files, when nobody has said so."""

from collections.abc import Sequence
from pathlib import Path

from django.utils.translation import gettext as _

from erp.documents.reading import SUFFIXES, FileRefused, read_table
from erp.errors import BusinessError
from orders.importing.mapping import Mapping
from orders.models import ImportMapping


def expand(given: Sequence[Path]) -> tuple[list[Path], Path]:
    """The files named, and the folder in which more of the same export may lie. Raises FileRefused.

    A folder stands for the files in it.
    """
    for path in given:
        if not path.exists():
            raise FileRefused(_("There is no file %(file)s.") % {"file": path})
    if given[0].is_dir():
        inside = [path for path in sorted(given[0].iterdir()) if path.suffix.lower() in SUFFIXES]
        return inside if len(inside) == 1 else [], given[0]
    return [path for path in given if path.is_file()], given[0].resolve().parent


def detect_mapping(paths: Sequence[Path], *, beside: Path | None = None) -> ImportMapping:
    """The saved mapping of which most columns are found in the files; the headings decide. Raises FileRefused."""
    best: tuple[float, ImportMapping] | None = None
    refusal: BusinessError | None = None
    for saved in ImportMapping.objects.select_related("channel").order_by("pk"):
        try:
            fit = fitness(Mapping.of(saved), paths, beside=beside)
        except BusinessError as error:
            refusal = refusal or error
            if not saved.columns:  # the one that guesses says best what is missing
                refusal = error
            continue
        if best is None or fit > best[0]:
            best = (fit, saved)
    if best is None:
        names = "、".join(suffix for suffix in SUFFIXES)
        raise refusal or FileRefused(
            _("No file of orders was found."), hint=_("Files end in %(names)s.") % {"names": names}
        )
    return best[1]


def fitness(mapping: Mapping, paths: Sequence[Path], *, beside: Path | None = None) -> float:
    """How many columns of the mapping are in the files; one that guesses counts for less. Raises FileRefused."""
    files = mapping.sort_files(paths, beside=beside)
    mapping.check_headings(files)
    headings = {part: read_table(path)[0] for part, path in files.items()}
    if not mapping.has_line_file:
        headings["line"] = headings["order"]
    bound = sum(len(mapping.places(part, found)) for part, found in headings.items())
    return bound if mapping.columns["order"] else bound / 2
