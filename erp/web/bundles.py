"""One style sheet and one script for every page, joined from the small files of `static/erp/`.

A staticfiles finder: `collectstatic` collects `erp/app.css` and `erp/app.js`, development serves them fresh.
Nothing is transformed, so there is no build tool to install; of Tabler only what our pages use comes first.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder
from django.core.files.storage import FileSystemStorage

from erp.web import tabler

CSS = (
    "tokens",
    "base",
    "layout",
    "components",
    "tables",
    "forms",
    "documents",
    "orders",
    "views",
    "desk",
    "together",
    "imports",
    "floor",
    "carriage",
    "scan",
    "notices",
    "talk",
    "finance",
    "portal",
    "reports",
    "print",
)
JS = (
    "core",
    "prefs",
    "menu",
    "toast",
    "confirm",
    "forms",
    "live",
    "panel",
    "picker",
    "address",
    "lines",
    "unsent",
    "draft",
    "presence",
    "columns",
    "quantity",
    "scan",
    "count",
    "signature",
    "mention",
    "upload",
    "small",
)
BUNDLES = {
    "erp/app.css": [f"css/{name}.css" for name in CSS],
    "erp/app.js": [f"js/{name}.js" for name in JS],
}


class BundleFinder(BaseFinder):
    """Finds the joined files, writing them anew when a part has changed."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.source = Path(settings.BASE_DIR) / "static" / "erp"
        self.target = Path(settings.VAR_DIR) / "bundles"
        self.storage = FileSystemStorage(location=self.target)

    def check(self, **kwargs: Any) -> list[Any]:
        return []

    def find(self, path: str, find_all: bool = False, **kwargs: Any) -> Any:
        if path not in BUNDLES:
            return []
        joined = str(self._join(path))
        return [joined] if find_all or kwargs.get("all") else joined

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterator[tuple[str, FileSystemStorage]]:
        for path in BUNDLES:
            self._join(path)
            yield path, self.storage

    def _join(self, path: str) -> Path:
        parts = [self.source / part for part in BUNDLES[path]]
        read = [*parts, *tabler.sources(), Path(settings.BASE_DIR) / tabler.SOURCE] if path.endswith(".css") else parts
        target = self.target / path
        newest = max(file.stat().st_mtime for file in [Path(__file__), *read] if file.exists())
        if not target.exists() or target.stat().st_mtime < newest:
            first = [tabler.style_sheet()] if path.endswith(".css") else []
            text = "\n".join([*first, *(part.read_text("utf-8") for part in parts)])
            target.parent.mkdir(parents=True, exist_ok=True)
            fresh = target.with_suffix(f".{os.getpid()}")
            fresh.write_text(text, "utf-8")
            fresh.replace(target)  # two processes at once both end with a whole file
        return target
