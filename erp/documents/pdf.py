"""PDF documents: a Jinja template printed by WeasyPrint with an embedded Chinese font (only the glyphs used).

WeasyPrint needs the system library Pango; it is imported when the first PDF is asked for, so that the rest of the
system runs without it.
"""

from __future__ import annotations

import atexit
import base64
import mimetypes
import threading
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

from django.http import HttpResponse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from erp.documents.fonts import face_css
from erp.errors import BusinessError
from erp.models import Company
from erp.web.backend import backend

PANGO_PACKAGE = "libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"
_local = threading.local()
atexit.register(_local.__dict__.clear)  # WeasyPrint's fonts must go before the modules they call


class MissingPango(BusinessError):
    """The system library that lays out text is not installed."""

    code = "missing_pango"


def _weasyprint() -> Any:
    try:
        import weasyprint
    except OSError as error:
        raise MissingPango(
            _("PDF documents need the system library Pango, which is not installed here."),
            hint=_("Ask your administrator to run: %(command)s") % {"command": f"apt-get install {PANGO_PACKAGE}"},
        ) from error
    return weasyprint


def _fonts() -> tuple[Any, Any]:
    """Font configuration and style sheet of this thread: Pango's font maps must not be shared between threads."""
    if not hasattr(_local, "fonts"):
        from weasyprint.text.fonts import FontConfiguration

        config = FontConfiguration()
        _local.fonts = config, _weasyprint().CSS(string=face_css(), font_config=config)
    return _local.fonts


def data_uri(content: bytes, name: str) -> str:
    """A file's content as a data URI, the only kind of address that documents may load."""
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


def _logo(company: Company) -> str:
    if not company.logo:
        return ""
    try:
        with company.logo.open("rb") as file:
            return data_uri(file.read(), str(company.logo.name))
    except OSError:  # the file was lost; a paper without a logo is better than none
        return ""


def render_html(template: str, context: dict[str, Any]) -> str:
    """The HTML that is printed: the context plus `company`, `logo` (data URI) and `LANGUAGE_CODE`."""
    company = context.get("company") or Company.current()
    full = {"company": company, "logo": _logo(company), "LANGUAGE_CODE": get_language(), "paper": "a4", **context}
    return backend().env.get_template(template).render(full)


def render_pdf(template: str, context: dict[str, Any]) -> bytes:
    """Print a template of `templates/documents/` (it extends `documents/base.html`).

    `context["paper"]` is "a4" (default), "continuous" (241 × 140 mm form) or "label" (100 × 150 mm).
    Raises `MissingPango` when the system library is not there.
    """
    return _laid_out(template, context).write_pdf()


def render_pdfs(template: str, contexts: Iterable[dict[str, Any]]) -> bytes:
    """Print a template once for each context, one paper after the other in one file; at least one context."""
    papers = [_laid_out(template, context) for context in contexts]
    return papers[0].copy([page for paper in papers for page in paper.pages]).write_pdf()


def _laid_out(template: str, context: dict[str, Any]) -> Any:
    weasyprint = _weasyprint()
    config, face = _fonts()
    from weasyprint.urls import URLFetcher

    html = weasyprint.HTML(string=render_html(template, context), url_fetcher=URLFetcher(allowed_protocols={"data"}))
    return html.render(stylesheets=[face], font_config=config)


def pdf_response(filename: str, content: bytes, *, download: bool = False) -> HttpResponse:
    """A PDF answer, shown in the browser or (`download`) saved."""
    how = "attachment" if download else "inline"
    return HttpResponse(
        content,
        content_type="application/pdf",
        headers={"Content-Disposition": f"{how}; filename*=UTF-8''{quote(filename)}"},
    )
