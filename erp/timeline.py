"""The timeline of a document: what happened to it, newest last, whoever wrote it down."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils.module_loading import import_string
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from erp.models import Attachment, Comment, Document, StatusChange

# Apps above add rows of their own (parcel scans, mails): dotted names of functions `(document) -> list[TimelineEntry]`.
SOURCES: dict[str, list[str]] = {
    "orders.SalesOrder": [
        "orders.amendments.timeline_of_order",
        "shipping.selectors.timeline_of_order",
        "notifications.timeline.mails_of_order",
    ],
    "shipping.Shipment": ["notifications.timeline.mails_of_shipment"],  # scans stand with their parcels there
    "production.ProductionOrder": ["production.timeline.of_order"],
    "inventory.PurchaseOrder": ["inventory.timeline.of_purchase", "inventory.mailing.timeline_of"],
    "aftersales.ServiceCase": ["aftersales.timeline.of_case"],
}

EVENTS = {
    "create": gettext_lazy("Created"),
    "ask_approval": gettext_lazy("Approval asked"),
    "agree": gettext_lazy("Agreement recorded"),
    "agree_level": gettext_lazy("Agreed; the next level decides"),
    "remind_approval": gettext_lazy("Approvers reminded"),
    "escalate_approval": gettext_lazy("Approval escalated"),
    "delete_file": gettext_lazy("File deleted"),
    "share_file": gettext_lazy("File shown to the customer"),
    "hide_file": gettext_lazy("File hidden from the customer"),
    "hold": gettext_lazy("Put on hold"),
    "release_hold": gettext_lazy("Hold released"),
    "sub_status": gettext_lazy("Sub-status set"),
    "split": gettext_lazy("Split"),
    "split_off": gettext_lazy("Split off from another order"),
    "merge": gettext_lazy("Merged with other orders"),
    "release_stock": gettext_lazy("Reserved stock released"),
    "stock_taken": gettext_lazy("Reserved stock taken away"),
    "stock_got": gettext_lazy("Reserved stock taken over"),
    "join_project": gettext_lazy("Project changed"),
    "assign": gettext_lazy("Salesperson changed"),
    "archive": gettext_lazy("Archived"),
    "restore": gettext_lazy("Restored from the archive"),
    "shop_cancelled": gettext_lazy("Cancelled in the shop"),
    "shop_changed": gettext_lazy("Changed in the shop"),
    "shop_refunded": gettext_lazy("Refunded in the shop"),
    "inspect": gettext_lazy("Inspected"),
    "reschedule": gettext_lazy("Another day expected"),
}


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """One row: when, who (None is the system), what, and the words that were said."""

    at: dt.datetime
    who: str | None
    title: str
    text: str = ""
    kind: str = "status"  # status, comment, file, scan, mail, change
    status: str = ""
    icon: str = ""
    href: str = ""
    about: Any = None  # the comment or file itself


def timeline(
    document: Document, *, changes: list[StatusChange] | None = None, quiet: bool = False
) -> list[TimelineEntry]:
    """Status changes, comments, files and what other apps know of a document, oldest first.

    Five queries at most and the apps' own. `changes` are the document's, with who made them, where they are read
    already; `quiet`: it is known that there are neither comments nor files.
    """
    label = document._meta.label
    if changes is None:
        rows = StatusChange.objects.filter(document_type=label, document_id=document.pk)
        changes = list(rows.select_related("by").order_by("id"))
    labels = _labels(document)
    entries = [
        TimelineEntry(
            at=change.at,
            who=str(change.by) if change.by_id else None,
            title=str(EVENTS.get(change.transition) or labels.get(change.transition, change.transition)),
            text=change.note if change.by_id else (_(change.note) if change.note else ""),
            status=change.target,
        )
        for change in changes
    ]
    entries += [] if quiet else _said(document)
    for path in SOURCES.get(label, ()):
        source: Callable[[Any], list[TimelineEntry]] = import_string(path)
        entries += source(document)
    return sorted(entries, key=lambda entry: entry.at)


def _said(document: Document) -> list[TimelineEntry]:
    """What people wrote, and the files they laid down without a word."""
    comments = list(
        Comment.objects.of(document).select_related("by").prefetch_related("versions", "mentions__user").order_by("id")
    )
    files = list(Attachment.objects.of(document).select_related("by").order_by("id"))
    for comment in comments:
        comment.laid_down = [file for file in files if file.comment_id == comment.pk]  # type: ignore[attr-defined]
    return [
        TimelineEntry(
            at=comment.at,
            who=str(comment.by),
            title=_("Comment deleted") if comment.deleted_at else _("Comment"),
            text=comment.text,
            kind="comment",
            about=comment,
        )
        for comment in comments
    ] + [
        TimelineEntry(at=file.at, who=str(file.by), title=_("File added"), text=file.name, kind="file", about=file)
        for file in files
        if file.comment_id is None
    ]


def _labels(document: Document) -> dict[str, str]:
    return {
        name: str(next(iter(method._django_fsm.transitions.values())).custom.get("label", name))
        for name, method in type(document).transitions().items()
    }
