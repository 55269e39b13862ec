"""Small pictures of pictures, drawn anew so that nothing of the original but its look is left."""

import io
import warnings
from typing import IO

from django.utils.translation import gettext as _
from PIL import Image, ImageOps, UnidentifiedImageError

from erp.talk.sniffing import FileRefused

EDGE = 360  # pixels of the small picture
LARGEST = 40_000_000  # pixels that are decoded: 160 MB at most
LARGEST_JPEG = 200_000_000  # JPEG is scaled down while it is read
FORMATS = {"png": "PNG", "jpg": "JPEG", "gif": "GIF", "webp": "WEBP", "bmp": "BMP", "tif": "TIFF"}


def thumbnail(file: IO[bytes], *, kind: str, name: str) -> bytes | None:
    """A small WebP of a picture; None for what is none (or HEIC, which is kept but not drawn).

    Raises FileRefused when the picture is damaged or far too large to be decoded.
    """
    if kind not in FORMATS:
        return None
    file.seek(0)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # judged below, by our own measure
            with Image.open(file, formats=[FORMATS[kind]]) as picture:
                return _drawn(picture, kind, name)
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, EOFError, Image.DecompressionBombError) as error:
        raise FileRefused(
            _("The picture %(name)s is damaged.") % {"name": name},
            hint=_("Save it again and try once more."),
            field="file",
        ) from error
    finally:
        file.seek(0)


def _drawn(picture: Image.Image, kind: str, name: str) -> bytes:
    width, height = picture.size
    if width * height > (LARGEST_JPEG if kind == "jpg" else LARGEST):
        raise FileRefused(
            _("The picture %(name)s has %(width)s × %(height)s points, which is too much.")
            % {"name": name, "width": width, "height": height},
            hint=_("Make it smaller and try once more."),
            field="file",
        )
    if kind == "jpg":
        picture.draft("RGB", (EDGE * 2, EDGE * 2))
    picture.load()
    if picture.width * picture.height > LARGEST:
        raise FileRefused(_("The picture %(name)s is too large.") % {"name": name}, field="file")
    upright = ImageOps.exif_transpose(picture)
    upright = upright.convert("RGBA" if "A" in upright.getbands() or "transparency" in upright.info else "RGB")
    upright.thumbnail((EDGE, EDGE))
    out = io.BytesIO()
    upright.save(out, "WEBP", quality=80)
    return out.getvalue()
