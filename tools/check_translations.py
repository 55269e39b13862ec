"""Fails when a message of the code or the templates lacks a translation, or a translation lost a placeholder.

Parts that nothing uses any more are reported, without failing.
"""

import io
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.extract import DEFAULT_KEYWORDS, extract
from catalogue import LANGUAGES, ROOT, CatalogueError, read_parts

SKIPPED_FOLDERS = {"migrations", "tests", "tools", "node_modules", ".venv", "var", "static", "docs", "locale"}
KEYWORDS = {
    **DEFAULT_KEYWORDS,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext_lazy": (1, 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext_lazy": ((1, "c"), 2, 3),
}
JINJA_OPTIONS = {"extensions": "jinja2.ext.do,jinja2.ext.loopcontrols", "trimmed": "true", "silent": "false"}
PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|%[sd]|\{\w*\}")


def used_messages() -> dict[str, str]:
    """Return each message in use with the first place that uses it."""
    found: dict[str, str] = {}
    for path, method in _sources():
        content = path.read_bytes()
        options = JINJA_OPTIONS if method == "jinja2" else {}
        if method == "django":
            content, method = _as_python(content, path), "python"
        for line, message, _, context in extract(method, io.BytesIO(content), KEYWORDS, options=options):
            text = message[0] if isinstance(message, tuple) else message
            key = f"{context}\x04{text}" if context else text
            found.setdefault(key, f"{path.relative_to(ROOT)}:{line}")
    found.pop("", None)
    return found


def _sources() -> Iterator[tuple[Path, str]]:
    for path in sorted(ROOT.rglob("*.py")):
        if not SKIPPED_FOLDERS & set(path.relative_to(ROOT).parts):
            yield path, "python"
    for folder, method in (("templates", "jinja2"), ("templates_django", "django")):
        for path in sorted((ROOT / folder).rglob("*")):
            if path.is_file() and path.suffix in {".html", ".txt", ".xml", ".json", ".js"}:
                yield path, method


def _as_python(template: bytes, path: Path) -> bytes:
    """Return Python source with the gettext calls of a Django template, line by line where they stand."""
    from django.conf import settings
    from django.utils.translation.template import templatize

    if not settings.configured:
        settings.configure(USE_I18N=True)
    calls = re.compile(r"(?:n?p?gettext|\b_)\((?:u?'(?:[^'\\]|\\.)*'|u?\"(?:[^\"\\]|\\.)*\"|[\s,\w])*\)")
    text = templatize(template.decode(), origin=str(path))
    lines = [";".join(match[0].replace("\n", " ") for match in calls.finditer(line)) for line in text.split("\n")]
    return "\n".join(lines).encode()


def main() -> int:
    """Print every fault; return the exit code."""
    used, catalogue = used_messages(), read_parts()
    faults = []
    for message, place in used.items():
        translations = catalogue.get(message)
        if translations is None or not all(translations[0].texts):
            faults.append(f"{place}: no translation: {message!r}")
    for message, translations in catalogue.items():
        source = translations[0].source.relative_to(ROOT)
        for language, text in zip(LANGUAGES, translations[0].texts, strict=True):
            if message in used and sorted(set(PLACEHOLDER.findall(text))) != sorted(set(PLACEHOLDER.findall(message))):
                faults.append(f"{source}: other placeholders in {language}: {message!r}")
        if len({translation.texts for translation in translations}) > 1:
            files = ", ".join(translation.source.name for translation in translations)
            faults.append(f"{files}: different translations of {message!r}")
        if message not in used:
            print(f"warning: {source}: nothing uses {message!r}")
    print("\n".join(faults) or f"{len(used)} messages, all translated.")
    return 1 if faults else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except CatalogueError as error:
        sys.exit(str(error))
