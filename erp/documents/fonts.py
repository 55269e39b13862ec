"""The fonts of printed papers: the everyday characters cut out of Noto Sans SC once, the whole font behind them.

A PDF embeds only the glyphs it uses, but each of the whole font's 31,000 glyphs would still leave a trace in it
(about 100 KB a file). Cut from the everyday characters (GB 2312) a paper is some 30 KB; a rare or traditional
character is taken from the whole font, and only then costs more.
"""

from __future__ import annotations

import os
from pathlib import Path

from django.conf import settings

EVERYDAY = "ERP Everyday"
WHOLE = "Noto Sans SC"
RANGES = ((0x20, 0x180), (0x2000, 0x2070), (0x2190, 0x219A), (0x2460, 0x2474), (0x3000, 0x3030), (0xFF00, 0xFFEF))
SIGNS = "€№℃×·±¥✓●□■—…"


def everyday_characters() -> set[int]:
    """Latin, punctuation and the 7,445 characters of GB 2312."""
    found = {code for first, last in RANGES for code in range(first, last)} | set(map(ord, SIGNS))
    for high in range(0xA1, 0xF8):
        for low in range(0xA1, 0xFF):
            try:
                found.add(ord(bytes([high, low]).decode("gb2312")))
            except UnicodeDecodeError:  # a hole in the table
                continue
    return found


def everyday_font() -> Path:
    """The cut font under `var/fonts/`; made on first use (2 s), afterwards only read."""
    from pylopdf_fonts_zh_cn import sans_path

    target = Path(settings.VAR_DIR) / "fonts" / f"everyday-{sans_path().stat().st_size}.otf"
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.with_suffix(f".{os.getpid()}.part")
        _cut(sans_path(), part)
        part.replace(target)  # two processes at once both end with a whole file
    return target


def _cut(source: Path, target: Path) -> None:
    from fontTools import subset

    options = subset.Options(
        hinting=False,
        layout_features=["kern"],
        drop_tables=["vmtx", "vhea", "VORG", "BASE", "GPOS", "GSUB", "DSIG"],
        name_IDs=[],
    )
    font = subset.load_font(str(source), options)
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=everyday_characters())
    subsetter.subset(font)
    subset.save_font(font, str(target), options)


def face_css() -> str:
    """The `@font-face` rules of both fonts, by their files."""
    from pylopdf_fonts_zh_cn import sans_path

    faces = ((EVERYDAY, everyday_font()), (WHOLE, sans_path()))
    return "\n".join(f'@font-face {{ font-family: "{name}"; src: url("{path.as_uri()}"); }}' for name, path in faces)
