"""The editor of a mapping: which of the file's headings is which field, and the options, saved under a name."""

import re
from collections.abc import Mapping as Values
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from erp.documents.reading import Cells, read_table
from erp.errors import BusinessError
from erp.models import User
from orders.importing.builtin import MAPPINGS
from orders.importing.fields import FIELDS, Field, guess
from orders.importing.mapping import PARTS, Mapping, Options
from orders.importing.preview import PART_NAMES
from orders.models import Channel, ImportMapping

TEXT_OPTIONS = ("date_format", "tax_rate", "sku_prefix", "customer_prefix", "freight_sku")
DAY_OPTIONS = ("promise_days", "approve_days")


@dataclass(slots=True)
class EditedFile:
    """A file of the upload: its headings, and which part it is (empty: not needed)."""

    name: str
    headings: Cells
    part: str


@dataclass(slots=True)
class Section:
    """The fields of one part with the heading chosen for each."""

    part: str
    label: Promise
    headings: Cells
    rows: list[tuple[Field, str]]


@dataclass(slots=True)
class Editor:
    """What the editor shows, from the mapping or from what was typed."""

    files: list[EditedFile]
    sections: list[Section]
    options: dict[str, Any]
    name: str
    channel: str
    error: BusinessError | None = None
    parts: dict[str, Promise] = field(default_factory=lambda: PART_NAMES)


def open_editor(saved: ImportMapping, paths: Sequence[Path], *, typed: Values[str, str] | None = None) -> Editor:
    """The editor for the files of an upload; `typed` (the form as it was sent) wins over the mapping."""
    mapping = Mapping.of(saved)
    typed = typed or {}
    roles = _roles(mapping, paths)
    files = [
        EditedFile(path.name, read_table(path)[0], typed.get(f"part.{place}", roles[place]))
        for place, path in enumerate(paths)
    ]
    options = {**dict.fromkeys(TEXT_OPTIONS, ""), **saved.options}
    for name in (*TEXT_OPTIONS, *DAY_OPTIONS):
        options[name] = typed.get(f"option.{name}", str(options.get(name, getattr(Options(), name)) or ""))
    options["prices_include_tax"] = (
        "option.prices_include_tax" in typed if typed else bool(saved.options.get("prices_include_tax"))
    )
    constant = saved.options.get("constants", {}).get("customer_name", "")
    options["customer_name"] = typed.get("constant.customer_name", constant)
    return Editor(
        files=files,
        sections=_sections(mapping, files, typed),
        options=options,
        name=typed.get("name", "" if saved.name in MAPPINGS else saved.name),
        channel=typed.get("channel", saved.channel.code),
    )


def _sections(mapping: Mapping, files: list[EditedFile], typed: Values[str, str]) -> list[Section]:
    by_part = {file.part: file.headings for file in files if file.part}
    if "line" not in by_part and "order" in by_part:
        by_part["line"] = by_part["order"]
    sections = []
    for part in (one for one in PARTS if one in by_part):
        headings = by_part[part]
        found = mapping.places(part, headings) or {
            name: headings.index(names[0]) for name, names in guess(headings, part).items()
        }
        rows = []
        for one in _fields(part, files):
            place = found.get(one.name)
            rows.append((one, typed.get(f"{part}.{one.name}", headings[place] if place is not None else "")))
        sections.append(Section(part, PART_NAMES[part], [h for h in headings if h], rows))
    return sections


def _fields(part: str, files: list[EditedFile]) -> list[Field]:
    """The fields of a part; a file of lines also says which order they belong to."""
    joined = part == "line" and any(file.part == "line" for file in files)
    return [FIELDS["order"][0], *FIELDS["line"]] if joined else FIELDS[part]


def _roles(mapping: Mapping, paths: Sequence[Path]) -> list[str]:
    """Which part each file is: as the mapping says, else as its headings look."""
    try:
        found = {path: part for part, path in mapping.sort_files(paths).items()}
    except BusinessError:
        found = {}
    return [found.get(path) or ("order" if len(paths) == 1 else _role(read_table(path)[0])) for path in paths]


def _role(headings: Cells) -> str:
    order, line = guess(headings, "order"), guess(headings, "line")
    if "external_number" in order:
        has_customer = "customer_code" in order or "customer_name" in order
        return "line" if "quantity" in line and not has_customer else "order"
    if "customer_code" in order:
        return "customer"
    return "product" if "sku" in line else ""


def save_edited(editor: Editor, *, by: User) -> ImportMapping:
    """Save what the editor shows under its name and return the mapping.

    Raises BusinessError when the name is taken by a mapping of the system, or something needed is not chosen.
    """
    columns = {
        section.part: {one.name: [heading] for one, heading in section.rows if heading} for section in editor.sections
    }
    options = _options(editor)
    name = editor.name.strip()
    if not name:
        raise BusinessError(_("Give the mapping a name, so that the next file finds it."), field="name")
    if name in MAPPINGS:
        raise BusinessError(
            _("“%(name)s” comes with the system and stays as it is.") % {"name": name},
            hint=_("Choose another name."),
            field="name",
        )
    channel = Channel.objects.filter(code=editor.channel).first()
    if channel is None:
        raise BusinessError(_("There is no such channel."), field="channel")
    draft = ImportMapping(name=name[:60], channel=channel, columns=columns, options=options)
    _refuse_unfit(Mapping.of(draft), editor)
    try:
        with transaction.atomic():
            saved, _made = ImportMapping.objects.update_or_create(
                name=draft.name, defaults={"channel": channel, "columns": columns, "options": options}
            )
    except IntegrityError as error:  # somebody saved the same name at the same moment
        raise BusinessError(_("This name is taken."), hint=_("Choose another name."), field="name") from error
    return saved


def _refuse_unfit(mapping: Mapping, editor: Editor) -> None:
    """Raise FileRefused when a part lacks a column that it needs."""
    for file in editor.files:
        if file.part:
            mapping.binding(file.part, file.headings, file=file.name)
            if file.part == "order" and not mapping.has_line_file:
                mapping.binding("line", file.headings, file=file.name)


def _options(editor: Editor) -> dict[str, Any]:
    """The options as JSON. Raises BusinessError naming the one that cannot be."""
    found: dict[str, Any] = {
        name: editor.options[name].strip() for name in TEXT_OPTIONS if editor.options[name].strip()
    }
    for name in DAY_OPTIONS:
        text = str(editor.options[name]).strip() or "0"
        if not (text.isascii() and text.isdigit()):
            raise BusinessError(_("A number of days between 0 and 3650."), field=name)
        found[name] = int(text)
    found["prices_include_tax"] = editor.options["prices_include_tax"]
    if constant := editor.options["customer_name"].strip():
        found["constants"] = {"customer_name": constant[:120]}
    if len(editor.files) > 1:
        found["files"] = {file.part: file_pattern(file.name) for file in editor.files if file.part}
    Options.from_json(found)
    return found


def file_pattern(name: str) -> str:
    """The name of a file as next month's will look: digits may differ."""
    stem, dot, suffix = name.rpartition(".")
    return re.sub(r"\d+", "*", stem) + dot + suffix
