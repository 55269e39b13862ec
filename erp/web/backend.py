"""Our Jinja template backend, where helpers need its environment itself."""

from __future__ import annotations

from typing import cast

from django.template import engines
from django.template.backends.jinja2 import Jinja2


def backend() -> Jinja2:
    """The backend that `TEMPLATES` names "jinja2"."""
    return cast(Jinja2, engines["jinja2"])
