"""One style sheet and one script for every page, joined from the small files of `static/erp/`.

A staticfiles finder: `collectstatic` collects `erp/app.css` and `erp/app.js`, development serves them fresh.
Nothing is transformed, so there is no build tool to install.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder
from django.core.files.storage import FileSystemStorage

CSS = ("tokens", "base", "layout", "components", "tables", "forms", "documents", "orders", "notices", "portal", "print")
JS = ("core", "prefs", "menu", "toast", "confirm", "forms", "live", "panel", "picker", "lines", "small")
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
        text = "\n".join((self.source / part).read_text("utf-8") for part in BUNDLES[path])
        target = self.target / path
        if not target.exists() or target.read_text("utf-8") != text:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, "utf-8")
        return target
