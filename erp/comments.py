"""Remarks on documents, shown in their timelines."""

from django.utils.translation import gettext as _

from erp.errors import BusinessError
from erp.models import Comment, Document, User

LONGEST = 4000


def add_comment(document: Document, *, text: str, by: User) -> Comment:
    """Write a remark on a document. Raises BusinessError when it is empty or too long."""
    text = text.strip()
    if not text:
        raise BusinessError(_("The comment is empty."), hint=_("Write something first."), field="text")
    if len(text) > LONGEST:
        raise BusinessError(
            _("The comment is too long: at most %(most)s characters.") % {"most": LONGEST}, field="text"
        )
    return Comment.objects.create(document_type=document._meta.label, document_id=document.pk, text=text, by=by)
