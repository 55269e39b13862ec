"""Of Tabler's style sheet (635 KB) only the rules that our pages can use (about 100 KB).

A rule stays when every class in its selector is a word somewhere in our templates, scripts or Python code. A class
name put together from parts (`"col-" ~ n`) is not seen: write class names out in full.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

import tinycss2
from django.apps import apps
from django.conf import settings

SOURCE = Path("static") / "vendor" / "tabler.min.css"
NOTICE = "/*! Parts of Tabler, copyright The Tabler Authors and codecalm.net, MIT licence */"
WORD = re.compile(r"[A-Za-z_][\w-]*")
CLASS = re.compile(r"\.((?:[\w-]|\\.)+)")
NEGATION = re.compile(r":not\([^)]*\)")
COMMA = re.compile(r",(?![^()]*\))")  # between selectors, not inside `:is(a, b)`
NESTING = {"media", "supports", "layer", "container"}


def sources() -> list[Path]:
    """The files in which a class of ours can be named."""
    base = Path(settings.BASE_DIR)
    ours = [Path(config.path) for config in apps.get_app_configs() if Path(config.path).parent == base]
    folders = [
        (base / "templates", "*.html"),
        (base / "templates_django", "*.html"),
        (base / "static" / "erp" / "js", "*.js"),
    ]
    return sorted(file for folder, kind in [*folders, *((app, "*.py") for app in ours)] for file in folder.rglob(kind))


def words(files: Iterable[Path]) -> set[str]:
    """Every word of the files: whatever may be a class name."""
    return {word for file in files for word in WORD.findall(file.read_text("utf-8"))}


def cut(css: str, used: set[str]) -> str:
    """The style sheet without the rules of classes that are not in `used`."""
    return _keep(tinycss2.parse_stylesheet(css, skip_comments=True, skip_whitespace=True), used)


def _wanted(selector: str, used: set[str]) -> bool:
    names = CLASS.findall(NEGATION.sub("", selector))
    return all(name.replace("\\", "") in used for name in names)


def _keep(rules: list[tinycss2.ast.Node], used: set[str]) -> str:
    kept = []
    for rule in rules:
        if rule.type == "qualified-rule":
            selectors = [s for s in COMMA.split(tinycss2.serialize(rule.prelude)) if _wanted(s, used)]
            if selectors:
                kept.append(f"{','.join(selectors)}{{{tinycss2.serialize(rule.content)}}}")
        elif rule.type == "at-rule" and rule.content is not None and rule.lower_at_keyword in NESTING:
            inner = _keep(tinycss2.parse_rule_list(rule.content, skip_comments=True, skip_whitespace=True), used)
            if inner:
                kept.append(f"@{rule.at_keyword}{tinycss2.serialize(rule.prelude)}{{{inner}}}")
        elif rule.type == "at-rule" and rule.lower_at_keyword != "charset":
            kept.append(rule.serialize())
    return "".join(kept)


def style_sheet() -> str:
    """Tabler as our pages need it; empty when the libraries have not been collected."""
    source = Path(settings.BASE_DIR) / SOURCE
    if not source.exists():
        return ""
    return f"{NOTICE}\n{cut(source.read_text('utf-8'), words(sources()))}"
