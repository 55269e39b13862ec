"""Files on documents: looked into, kept under the digest of their content, shown to the customer, deleted."""

import datetime as dt
import hashlib
import re
import unicodedata
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.uploadedfile import UploadedFile
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from erp.errors import BusinessError, NotPermitted
from erp.models import Attachment, Document, StatusChange, User
from erp.talk.pictures import thumbnail
from erp.talk.sniffing import FileRefused, kind_of
from erp.transactions import verb
from erp.workflow import require_writable

LARGEST = 20 * 1024 * 1024
MOST = 200  # files of one document
KEPT_DAYS = 30  # so long the bytes of a deleted file can be brought back from the disk
SHARE = "erp.share_attachment"
DELETE = "erp.delete_attachment"
FORBIDDEN = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*]')


def clean_name(name: str) -> str:
    """A file's name as every system can keep it: no paths, no control or direction marks, at most 150 letters."""
    name = unicodedata.normalize("NFC", name.replace("\\", "/").rsplit("/", 1)[-1])
    name = "".join(letter for letter in name if unicodedata.category(letter) not in ("Cc", "Cf", "Cs"))
    name = FORBIDDEN.sub("_", name).strip(" .")
    stem, dot, ending = name.rpartition(".")
    return f"{(stem or 'file')[:140]}{dot}{ending[:9]}" if dot else (name or "file")[:150]


@verb
def attach(document: Document, upload: UploadedFile, *, by: User, for_customer: bool = False) -> Attachment:
    """Lay a file on a document. The same file once more is the same row.

    Raises FileRefused when it is empty, too large, damaged or of a kind that is not kept.
    """
    name = clean_name(upload.name or "")
    size = upload.size or 0
    if not size:
        raise FileRefused(_("%(name)s is empty.") % {"name": name}, field="file")
    if size > LARGEST:
        raise FileRefused(
            _("%(name)s is larger than %(most)s MB.") % {"name": name, "most": LARGEST // 1024**2},
            hint=_("Make it smaller, or split it."),
            field="file",
        )
    if for_customer:
        _require(by, SHARE)
    require_writable(document, by=by)
    stream: Any = upload.file
    kind = kind_of(stream, name)
    small = thumbnail(stream, kind=kind, name=name)
    digest = hashlib.file_digest(stream, "sha256").hexdigest()
    stream.seek(0)
    _lock(digest)
    here = Attachment.objects.of(document).present()
    if same := here.filter(sha256=digest, name=name).first():
        return same
    if here.count() >= MOST:
        raise BusinessError(
            _("A document holds at most %(most)s files.") % {"most": MOST}, hint=_("Delete some that nobody needs.")
        )
    path = f"{digest[:2]}/{digest}"
    row = Attachment(
        document_type=document._meta.label,
        document_id=document.pk,
        by=by,
        name=name,
        kind=kind,
        size=size,
        sha256=digest,
        for_customer=for_customer,
    )
    row.file.name = _kept(path, upload)
    if small is not None:
        row.thumbnail.name = _kept(f"{path}.webp", ContentFile(small))
    row.save()
    return row


@verb
def delete_file(document: Document, file: Attachment, *, by: User) -> None:
    """Take a file off a document; the timeline tells of it, and the bytes go some weeks later. A repeat is harmless."""
    require_writable(document, by=by)
    file = Attachment.objects.select_for_update().get(pk=file.pk)
    if not may_delete(file, by):
        raise NotPermitted(
            _("Only who laid the file there may delete it."), hint=_("Ask a manager to delete it for you.")
        )
    if file.deleted_at is None:
        file.deleted_at, file.deleted_by, file.for_customer = timezone.now(), by, False
        file.save(update_fields=["deleted_at", "deleted_by", "for_customer"])
        _tell(document, "delete_file", file, by)


@verb
def share_file(document: Document, file: Attachment, *, shared: bool, by: User) -> None:
    """Show a file to the customer in the portal, or not any more. A repeat is harmless."""
    _require(by, SHARE)
    file = Attachment.objects.select_for_update().get(pk=file.pk)
    if file.deleted_at is not None:
        raise BusinessError(_("The file was deleted already."))
    if file.for_customer != shared:
        file.for_customer = shared
        file.save(update_fields=["for_customer"])
        _tell(document, "share_file" if shared else "hide_file", file, by)


def may_delete(file: Attachment, person: User) -> bool:
    """Whether it is the person's own file, or their right to delete any."""
    return file.by_id == person.pk or person.has_perm(DELETE)


def clear_deleted() -> int:
    """Remove the bytes of files deleted long ago that no other row needs; returns how many. Once a night."""
    old = timezone.now() - dt.timedelta(days=KEPT_DAYS)
    rows = Attachment.objects.filter(deleted_at__lt=old).exclude(file="")
    digests = list(rows.values_list("sha256", flat=True).distinct()[:1000])
    return sum(_clear(digest, old) for digest in digests)


@transaction.atomic
def _clear(digest: str, old: dt.datetime) -> int:
    """Under the digest's lock, since the same bytes may just be laid down again."""
    _lock(digest)
    rows = Attachment.objects.filter(sha256=digest)
    gone = rows.filter(deleted_at__lt=old).exclude(file="")
    needed = rows.exclude(file="").exclude(pk__in=gone.values("pk")).exists()
    first = gone.first()
    if first is None:
        return 0
    if not needed:
        storage = first.file.storage
        storage.delete(str(first.file.name))
        if first.thumbnail:
            storage.delete(str(first.thumbnail.name))
    gone.update(file="", thumbnail="")
    return 0 if needed else 1


def _kept(path: str, content: Any) -> str:
    """Write the bytes unless they lie there already; under the digest's lock."""
    storage = Attachment._meta.get_field("file").storage
    return path if storage.exists(path) else storage.save(path, content)


def _lock(digest: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [digest])


def _require(person: User, permission: str) -> None:
    if not person.has_perm(permission):
        raise NotPermitted(_("Your role may not show files to customers."), hint=_("Ask sales or a manager."))


def _tell(document: Document, event: str, file: Attachment, by: User) -> None:
    StatusChange.objects.create(
        document_type=document._meta.label,
        document_id=document.pk,
        transition=event,
        source=document.status,
        target=document.status,
        by=by,
        note=file.name,
    )
