"""Compiles locale/parts/*.json into the catalogues that Django reads (locale/<language>/LC_MESSAGES/django.mo).

Standard library only. Does nothing when the catalogues are newer than every part.
"""

import struct
import sys
from pathlib import Path

from catalogue import LANGUAGES, PARTS, ROOT, CatalogueError, read_parts

# Django reads the plural rule from here: Chinese has one form.
HEADER = "Content-Type: text/plain; charset=UTF-8\nPlural-Forms: nplurals=1; plural=0;\n"
MAGIC = 0x950412DE


def compile_catalogues() -> None:
    """Write the catalogue of each language when a part has changed. Raises CatalogueError."""
    targets = [ROOT / "locale" / language / "LC_MESSAGES" / "django.mo" for language in LANGUAGES]
    PARTS.mkdir(exist_ok=True)
    # The folder's own time tells when a part was removed.
    newest = max(path.stat().st_mtime for path in (PARTS, Path(__file__), *PARTS.glob("*.json")))
    if all(target.exists() and target.stat().st_mtime > newest for target in targets):
        return
    catalogue = read_parts()
    for number, target in enumerate(targets):
        messages = {"": HEADER}
        for message, translations in catalogue.items():
            text = translations[0].texts[number]
            messages[message] = text
            # ngettext looks plurals up under a key of their own; the plural message beside it is never compared.
            messages[f"{message}\0{message}"] = text
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(machine_object(messages))


def machine_object(messages: dict[str, str]) -> bytes:
    """Return the messages in gettext's binary form (GNU gettext manual, "The Format of GNU MO Files")."""
    pairs = sorted((key.encode(), text.encode()) for key, text in messages.items())
    tables_at = 7 * 4
    texts_at = tables_at + 2 * 8 * len(pairs)
    tables, texts = b"", b""
    for column in (0, 1):
        for pair in pairs:
            tables += struct.pack("<2I", len(pair[column]), texts_at + len(texts))
            texts += pair[column] + b"\0"
    return struct.pack("<7I", MAGIC, 0, len(pairs), tables_at, tables_at + 8 * len(pairs), 0, 0) + tables + texts


if __name__ == "__main__":
    try:
        compile_catalogues()
    except CatalogueError as error:
        sys.exit(str(error))
