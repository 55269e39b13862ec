"""The translations: `locale/parts/*.json` is their source, one file an app: {"English": ["简体", "繁體"], …}.

A message with a context has the key "context\\u0004message", as gettext itself writes it.
"""

import json
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PARTS = ROOT / "locale" / "parts"
LANGUAGES = ("zh_Hans", "zh_Hant")


class CatalogueError(Exception):
    """A part is not as it should be; the message names file and key."""


@dataclass(frozen=True)
class Translation:
    """What one message reads in each of LANGUAGES, and the file that says so."""

    texts: tuple[str, str]
    source: Path


def read_parts() -> dict[str, list[Translation]]:
    """Return every message with its translations, one for each part that has it. Raises CatalogueError."""
    catalogue: dict[str, list[Translation]] = {}
    for path in sorted(PARTS.glob("*.json")):
        try:
            part = json.loads(path.read_text("utf-8"))
        except ValueError as error:
            raise CatalogueError(f"{path.relative_to(ROOT)}: not valid JSON: {error}") from error
        for message, texts in part.items():
            if not (
                isinstance(texts, list) and len(texts) == len(LANGUAGES) and all(isinstance(t, str) for t in texts)
            ):
                raise CatalogueError(
                    f"{path.relative_to(ROOT)}: {message!r} needs two texts: [simplified, traditional]"
                )
            catalogue.setdefault(message, []).append(Translation((texts[0], texts[1]), path))
    return catalogue
