"""Small HTML makers for templates: attributes, form inputs, colours of avatars."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS
from django.forms.boundfield import BoundField
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from markupsafe import Markup, escape

AVATAR_TONES = ("blue", "violet", "cyan", "green", "amber", "indigo", "red")


def attrs(values: Mapping[str, Any] | None = None, **more: Any) -> Markup:
    """HTML attributes: `hx_get` becomes `hx-get`, True a bare name, None and False nothing."""
    parts = []
    for name, value in {**(values or {}), **more}.items():
        if value is None or value is False:
            continue
        key = name.rstrip("_").replace("_", "-")
        parts.append(escape(key) if value is True else Markup('{}="{}"').format(key, value))
    return Markup(" ").join(["", *parts])


def kind_of(bound: BoundField) -> str:
    """What sort of control a form field is: text, select, checkbox, radio, textarea, file, hidden, …"""
    widget = bound.field.widget
    if isinstance(widget, forms.Textarea):
        return "textarea"
    if isinstance(widget, forms.RadioSelect | forms.CheckboxSelectMultiple):
        return "choices"
    if isinstance(widget, forms.Select):
        return "select"
    return str(getattr(widget, "input_type", "text"))


def bound_input(bound: BoundField, **extra: Any) -> str:
    """The control of a form field with our classes, native date pickers, and its help and errors wired up."""
    widget, kind = bound.field.widget, kind_of(bound)
    values: dict[str, Any] = {k.rstrip("_").replace("_", "-"): v for k, v in extra.items() if v not in (None, False)}
    given = " ".join(filter(None, [str(widget.attrs.get("class", "")), str(values.pop("class", ""))]))
    base = {"select": "form-select", "checkbox": "form-check-input", "choices": "form-check-input", "hidden": ""}
    classes = [base.get(kind, "form-control"), given]
    if isinstance(widget, forms.DateTimeInput):
        widget.input_type, widget.format = "datetime-local", "%Y-%m-%dT%H:%M"
    elif isinstance(widget, forms.DateInput):
        widget.input_type, widget.format = "date", "%Y-%m-%d"
    if isinstance(bound.field, forms.DecimalField | forms.IntegerField) and kind == "number":
        classes.append("num")
        values.setdefault("inputmode", "numeric" if isinstance(bound.field, forms.IntegerField) else "decimal")
    values["class"] = " ".join(filter(None, classes))
    described = [f"{bound.auto_id}_help"] if bound.help_text else []
    if bound.errors:
        described.insert(0, f"{bound.auto_id}_error")
        values["aria-invalid"] = "true"
    if described:
        values["aria-describedby"] = " ".join(described)
    shown = bound.as_widget(attrs=values)
    if kind == "select":  # Django's own dashes say nothing
        dashes = _("Please choose") if bound.field.required else "—"
        shown = mark_safe(shown.replace(">---------<", f">{dashes}<", 1))  # noqa: S308
    return shown


def avatar_tone(name: object) -> str:
    """The same colour for the same name, always."""
    return AVATAR_TONES[zlib.crc32(str(name).encode()) % len(AVATAR_TONES)]


def initials(name: object) -> str:
    """One Chinese character (the last two of a name read best) or two Latin letters."""
    text = str(name).strip()
    if not text:
        return "?"
    if text[0].isascii():
        words = text.replace(".", " ").replace("_", " ").split()
        return "".join(w[0] for w in words[:2]).upper()
    return text[-2:] if len(text) <= 4 else text[:2]


def field_error_summary(form: forms.BaseForm) -> list[tuple[str, str, str]]:
    """(input id, label, message) of every field error, for the list above a long form."""
    found = []
    for name, errors in form.errors.items():
        if name != NON_FIELD_ERRORS and name in form.fields:
            bound = form[name]
            found += [(bound.id_for_label or bound.auto_id, str(bound.label), str(e)) for e in errors]
    return found


def sub_line(text: str) -> Markup:
    """A page's sentence below its heading; nothing when it is empty."""
    # The block that this filters has been escaped already.
    return Markup('<p class="page-head-sub">{}</p>').format(Markup(text.strip())) if text.strip() else Markup("")  # noqa: S704
