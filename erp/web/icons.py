"""Icons: `icon("truck")` draws one from the sprite that `tools` collects from Tabler Icons."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.templatetags.static import static
from markupsafe import Markup

SPRITE = "vendor/icons.svg"
NAMES_FILE = Path(__file__).with_name("icons.txt")


def names() -> list[str]:
    """The Tabler icons that our pages use: `truck`, or `star-filled` for the filled shape."""
    return [n for n in NAMES_FILE.read_text("utf-8").split() if not n.startswith("#")]


@lru_cache
def _sprite_url() -> str:
    try:
        return static(SPRITE)
    except ValueError:
        return f"{settings.STATIC_URL}{SPRITE}"


@lru_cache(maxsize=2048)  # a page draws the same few dozens again and again
def icon(name: str, *, label: str = "", cls: str = "") -> Markup:
    """An icon as a reference into the sprite: decoration unless `label` names it for screen readers."""
    aria = Markup('role="img" aria-label="{}"').format(label) if label else Markup('aria-hidden="true"')
    place = f"{_sprite_url()}#{name}"
    return Markup('<svg class="{}" {}><use href="{}"/></svg>').format(f"icon {cls}".strip(), aria, place)


def build_sprite(source: Path, target: Path) -> int:
    """Write the sprite of our icons from a `@tabler/icons/icons` folder; returns how many. Unknown names are an error."""
    symbols = []
    for name in names():
        kind, file = ("filled", name.removesuffix("-filled")) if name.endswith("-filled") else ("outline", name)
        svg = (source / kind / f"{file}.svg").read_text("utf-8")
        body = re.sub(
            r'<path[^>]*d="M0 0h24v24H0z"[^>]*/>', "", svg[svg.index(">", svg.index("<svg")) + 1 : svg.rindex("</svg>")]
        )
        paint = ' fill="currentColor" stroke="none"' if kind == "filled" else ""  # outlines: `.icon` in base.css
        symbols.append(f'<symbol id="{name}" viewBox="0 0 24 24"{paint}>{" ".join(body.split())}</symbol>')
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(f'<svg xmlns="http://www.w3.org/2000/svg">{"".join(symbols)}</svg>\n', "utf-8")
    return len(symbols)
