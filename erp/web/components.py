"""`ui.*` in templates: every macro of `templates/ui/`, found by its name and loaded on first use."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from jinja2 import Environment
from jinja2.runtime import Macro


class Components:
    """Looks a macro up among the files of `templates/ui/`; blocks rendered alone need no imports."""

    def __init__(self, env: Environment) -> None:
        self._env = env
        self._files: dict[str, str] = {}
        self._macros: dict[str, Callable[..., Any]] = {}

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name.startswith("_"):
            raise AttributeError(name)
        if name not in self._macros:
            self._load()
        if name not in self._macros:
            raise AttributeError(f"no macro named {name!r} in templates/ui/")
        if self._env.auto_reload:  # development: the file may have changed since
            return getattr(self._env.get_template(self._files[name]).module, name)
        return self._macros[name]

    def _load(self) -> None:
        for file in self._env.list_templates(filter_func=lambda t: t.startswith("ui/") and t.endswith(".html")):
            for name, macro in vars(self._env.get_template(file).module).items():
                if isinstance(macro, Macro) and not name.startswith("_"):
                    self._macros[name], self._files[name] = macro, file
