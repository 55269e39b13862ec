"""Forms that are not sent yet, kept on the server while they are being filled in."""

import re
from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from erp.errors import BusinessError
from erp.models import Draft, IdempotencyKey, User
from erp.transactions import verb

LARGEST = 64 * 1024  # bytes of one draft as it arrives
MOST = 50  # drafts of one person and form; the one untouched longest gives way
KEY = re.compile(r"[\w-]{1,40}", re.ASCII)


class DraftChanged(BusinessError):
    """Another window has saved this draft since; nothing was overwritten."""

    code = "draft_changed"


class DraftGone(BusinessError):
    """The draft was sent or discarded in another window."""

    code = "draft_gone"


@verb
def save_draft(
    *, by: User, form: str, key: str, version: int, tab: str, fields: Mapping[str, Any], subject: str = ""
) -> Draft:
    """Keep what was typed so far; `version` is the last one that this window knows, 0 when it has saved nothing yet.

    The window that saved last may always save again: it may have missed an answer. Raises DraftChanged, DraftGone, and
    BusinessError when the fields are not texts.
    """
    payload = _texts(fields)
    if not KEY.fullmatch(key) or not KEY.fullmatch(tab):
        raise BusinessError(_("This is not a draft of this form."), hint=_("Open the form again."))
    draft = Draft.objects.select_for_update().filter(user=by, form=form, key=key).first()
    if draft is None:
        if version or IdempotencyKey.objects.filter(client=by, key=f"form:{key}").exists():
            raise DraftGone(_("This draft was sent or discarded in another window."))
        return _first(by=by, form=form, key=key, tab=tab, payload=payload, subject=subject)
    if draft.version != version and draft.tab != tab:
        raise DraftChanged(_("This draft was changed in another window."))
    if (draft.payload, draft.tab) != (payload, tab):
        draft.payload, draft.tab, draft.at = payload, tab, timezone.now()
        draft.version += 1
        draft.save(update_fields=["payload", "tab", "at", "version"])
    return draft


def _first(*, by: User, form: str, key: str, tab: str, payload: dict[str, str], subject: str) -> Draft:
    try:
        with transaction.atomic():
            draft = Draft.objects.create(user=by, form=form, key=key, tab=tab, payload=payload, subject=subject)
    except IntegrityError as error:
        raise DraftChanged(_("This draft was changed in another window.")) from error
    kept = Draft.objects.filter(user=by, form=form).order_by("-at").values_list("pk", flat=True)[:MOST]
    Draft.objects.filter(user=by, form=form).exclude(pk__in=list(kept)).delete()
    return draft


def _texts(fields: Mapping[str, Any]) -> dict[str, str]:
    """The fields as texts that the database can keep."""
    if not all(isinstance(value, str) for value in fields.values()):
        raise BusinessError(_("A draft consists of texts."), hint=_("Open the form again."))
    return {str(name).replace("\0", ""): value.replace("\0", "") for name, value in fields.items()}


def drop_draft(*, by: User, form: str, key: str) -> bool:
    """Forget a draft that was sent or is not wanted; False when there was none."""
    deleted, _rows = Draft.objects.filter(user=by, form=form, key=key).delete()
    return bool(deleted)
