"""What a file really is, by its first bytes and what it holds, whatever its name claims.

Kept: papers, pictures, office files without macros, plain text, archives without programs, drawings. Everything that a
computer would run, and what browsers would run (HTML, SVG), is refused.
"""

import re
import struct
import zipfile
from pathlib import PurePosixPath
from typing import IO

from django.utils.translation import gettext as _

from erp.errors import BusinessError

HEAD = 4096
MOST_MEMBERS = 5000
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
# The directory of an OLE file names its parts in UTF-16; every program of an office file has this one.
MACROS = "_VBA_PROJECT".encode("utf-16-le")
MACRO_TYPES = ("application/vnd.ms-office.vbaproject", "macroenabled")
PROGRAMS = frozenset(
    re.findall(
        r"\w+",
        "exe dll com scr pif msi msp bat cmd ps1 psm1 vbs vbe js jse wsf wsh hta jar apk app dmg sh bash py rb pl lnk url"
        " reg iso img vhd html htm xhtml mht mhtml svg svgz xml xsl"
        " docm dotm xlsm xltm xlam xlsb pptm potm ppsm ppam",
    )
)
OFFICE = {"docx": "word/", "xlsx": "xl/", "pptx": "ppt/"}
OLE_NAMES = frozenset(("doc", "xls", "ppt", "wps", "et", "dps"))
TEXTS = frozenset(("txt", "csv", "tsv", "log", "md"))
DRAWINGS = {"dwg": b"AC10"}
CONTENT_TYPES = {
    "pdf": "application/pdf",
    "png": "image/png",
    "jpg": "image/jpeg",
    "gif": "image/gif",
    "webp": "image/webp",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "txt": "text/plain; charset=utf-8",
}
ACCEPTED = (
    ".pdf,.ofd,.png,.jpg,.jpeg,.gif,.webp,.bmp,.tif,.tiff,.heic,.docx,.xlsx,.pptx,.doc,.xls,.ppt,.wps,.et,.dps,"
    ".odt,.ods,.txt,.csv,.tsv,.log,.md,.zip,.dwg"
)


class FileRefused(BusinessError):
    """The file may not be kept."""

    code = "file_refused"


def kind_of(file: IO[bytes], name: str) -> str:
    """The kind of a file (`pdf`, `jpg`, `xlsx`, `zip`, `txt` …) after looking inside.

    Raises FileRefused when the kind is not kept, when name and content disagree, or when it holds programs.
    """
    ending = {"jpeg": "jpg", "tiff": "tif", "heif": "heic"}.get(_ending(name), _ending(name))
    if ending in PROGRAMS:
        raise _not_kept(name)
    file.seek(0)
    head = file.read(HEAD)
    file.seek(0)
    found = _by_head(head)
    if found == "zip":
        found = _inside_zip(file, name)
    elif found == "ole":
        found = _inside_ole(file, ending, name)
    elif not found and ending in TEXTS and _is_text(file):
        found = ending
    if not found:
        raise _not_kept(name)
    if found != ending:
        raise FileRefused(
            _("%(name)s is not what its name says: it is a %(kind)s file.") % {"name": name, "kind": found.upper()},
            hint=_("Save it again under the right name."),
            field="file",
        )
    return found


def _ending(name: str) -> str:
    return PurePosixPath(name).suffix.lower().lstrip(".")


def _not_kept(name: str) -> FileRefused:
    return FileRefused(
        _("%(name)s is not a kind of file that is kept here.") % {"name": name},
        hint=_("PDF, OFD, pictures, office files without macros, text, CSV, ZIP and DWG are kept."),
        field="file",
    )


def _with_program(name: str) -> FileRefused:
    return FileRefused(
        _("%(name)s holds a program or macros.") % {"name": name},
        hint=_("Save it without macros, or leave the program out."),
        field="file",
    )


def _by_head(head: bytes) -> str:
    if b"%PDF-" in head[:1024]:
        # A file that is a PDF and a page at once would run in a browser that guesses.
        return "pdf" if head.startswith((b"%PDF-", b"\xef\xbb\xbf%PDF-")) else ""
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "webp"
    if head[4:8] == b"ftyp" and head[8:12] in (b"heic", b"heix", b"mif1", b"msf1"):
        return "heic"
    heads = {
        b"\x89PNG\r\n\x1a\n": "png",
        b"\xff\xd8\xff": "jpg",
        b"GIF87a": "gif",
        b"GIF89a": "gif",
        b"II*\0": "tif",
        b"MM\0*": "tif",
        b"PK\x03\x04": "zip",
        OLE: "ole",
        DRAWINGS["dwg"]: "dwg",
    }
    for magic, kind in heads.items():
        if head.startswith(magic):
            return kind
    # Two letters are too little to go by: the size in the header must make sense, too.
    if head[:2] == b"BM" and len(head) > 18 and struct.unpack("<I", head[14:18])[0] in (12, 40, 52, 56, 64, 108, 124):
        return "bmp"
    return ""


def _inside_zip(file: IO[bytes], name: str) -> str:
    """Office files, OFD papers and archives are all ZIP; nothing is unpacked but the short list of types."""
    try:
        with zipfile.ZipFile(file) as archive:
            members = archive.infolist()
            names = [member.filename for member in members[:MOST_MEMBERS]]
            if len(members) > MOST_MEMBERS:
                raise _not_kept(name)
            if any(PurePosixPath(one).name.lower() == "vbaproject.bin" for one in names):
                raise _with_program(name)
            return _office(archive, names, name) or _archive(names, name)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, RuntimeError) as error:
        raise FileRefused(
            _("%(name)s is damaged.") % {"name": name}, hint=_("Save it again and try once more."), field="file"
        ) from error
    finally:
        file.seek(0)


def _office(archive: zipfile.ZipFile, names: list[str], name: str) -> str:
    if "OFD.xml" in names:
        return "ofd"
    if "mimetype" in names:
        with archive.open("mimetype") as member:
            kind = member.read(100).decode("ascii", "replace")
        return {
            "application/vnd.oasis.opendocument.text": "odt",
            "application/vnd.oasis.opendocument.spreadsheet": "ods",
        }.get(kind.strip(), "")
    if "[Content_Types].xml" not in names:
        return ""
    with archive.open("[Content_Types].xml") as member:
        types = member.read(200_000).decode("utf-8", "replace").lower()
    if any(mark in types for mark in MACRO_TYPES):
        raise _with_program(name)
    return next((kind for kind, folder in OFFICE.items() if any(one.startswith(folder) for one in names)), "")


def _archive(names: list[str], name: str) -> str:
    if any(_ending(one) in PROGRAMS - {"xml"} for one in names):
        raise _with_program(name)
    return "zip"


def _inside_ole(file: IO[bytes], ending: str, name: str) -> str:
    """Word, Excel, PowerPoint and WPS of the years before 2007; the container does not tell which."""
    content = file.read()
    file.seek(0)
    if MACROS in content:
        raise _with_program(name)
    return ending if ending in OLE_NAMES else ""


def _is_text(file: IO[bytes]) -> bool:
    """Text in UTF-8, UTF-16 or GB 18030, without control characters, and no page or script."""
    content = file.read()
    file.seek(0)
    start = content[:HEAD].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith((b"<", b"#!", b"mz")):
        return False
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return _decodes(content, "utf-16")
    if b"\0" in content:
        return False
    return _decodes(content, "utf-8") or _decodes(content, "gb18030")


def _decodes(content: bytes, encoding: str) -> bool:
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        return False
    return not any(ord(letter) < 32 and letter not in "\t\r\n\f" for letter in text[:HEAD])
