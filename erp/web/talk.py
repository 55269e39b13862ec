"""Comments and files of any document: what its page shows of them, and the addresses that change them."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import Count, Max, Q
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST, require_safe

from erp.errors import BusinessError
from erp.models import Attachment, Comment, Document, StatusChange, User
from erp.talk import comments, files
from erp.talk.kinds import addresses, model_of, readers_of
from erp.talk.sniffing import ACCEPTED, CONTENT_TYPES
from erp.talk.words import HANDLE, numbers_in, parts_of
from erp.timeline import TimelineEntry, timeline
from erp.web.access import get_or_404, login_redirect, staff_required
from erp.web.badges import tone
from erp.web.pages import go, is_partial, render_page, toast

PEOPLE_SHOWN = 8
ICONS = {"comment": "message", "scan": "truck-delivery", "file": "paperclip", "mail": "mail"}
# Whatever a file contains, a browser that shows it runs nothing and loads nothing.
SANDBOX = "default-src 'none'; sandbox"


def talk_of(
    document: Any, reader: Any, *, changes: list[StatusChange] | None = None, quiet: bool = False
) -> dict[str, Any]:
    """What `ui.talk` draws: the timeline, newest first, with comments and files as this person may use them.

    Six queries, one for each kind of document that comments name, and those of the apps above; fewer where the page
    has read the `changes`, or knows by `talk_mark` that nobody has said anything (`quiet`).
    """
    entries = timeline(document, changes=changes, quiet=quiet)
    texts = [entry.text for entry in entries if entry.kind == "comment"]
    pages = addresses(numbers_in(texts), reader)
    address = reverse("talk", args=[document._meta.label, document.pk])
    labels = dict(type(document).Status.choices)
    rows = [_row(entry, labels, pages, reader, address) for entry in reversed(entries)]
    shown = [file for row in rows for file in row["files"] if file["present"]]
    return {
        "rows": rows,
        "files": shown,
        "address": address,
        "accept": ACCEPTED,
        "largest": files.LARGEST,
        "may_share": reader.has_perm(files.SHARE),
        "closed": bool(document.read_only_because()),
    }


def talk_mark(document: Any) -> tuple[Any, ...]:
    """Changes when somebody has written or laid a file down since; two queries."""
    said = Comment.objects.of(document).aggregate(n=Count("pk"), edited=Max("edited_at"), deleted=Max("deleted_at"))
    return *said.values(), Attachment.objects.of(document).count()


def _row(
    entry: TimelineEntry, labels: dict[Any, Any], pages: dict[str, str], reader: User, address: str
) -> dict[str, Any]:
    row: dict[str, Any] = {
        "title": entry.title,
        "at": entry.at,
        "by": entry.who or _("System"),
        "body": entry.text,
        "kind": entry.kind,
        "tone": tone(entry.status) if entry.status else "grey",
        "icon": entry.icon or ICONS.get(entry.kind, "circle-dot"),
        "meta": labels.get(entry.status, "") if entry.kind == "status" else "",
        "href": entry.href,
        "files": [],
    }
    if entry.kind == "comment":
        row |= _comment(entry.about, pages, reader, address)
    elif entry.kind == "file":
        row |= {"body": "", "files": [_file(entry.about, reader, address)]}
    return row


def _comment(comment: Any, pages: dict[str, str], reader: User, address: str) -> dict[str, Any]:
    people = {mention.handle: str(mention.user) for mention in comment.mentions.all()}
    return {
        "id": comment.pk,
        "comment": comment,
        "parts": parts_of(comment.text, people=people, pages=pages),
        "edited_at": comment.edited_at if comment.deleted_at is None else None,
        "earlier": [one.text for one in comment.versions.all()] if comment.deleted_at is None else [],
        "may_mend": comments.may_mend(comment, reader),
        "action": f"{address}comments/{comment.pk}/",
        "files": [_file(file, reader, address) for file in comment.laid_down],
    }


def _file(file: Attachment, reader: User, address: str) -> dict[str, Any]:
    return {
        "name": file.name,
        "size": file.size,
        "kind": file.kind,
        "present": file.deleted_at is None,
        "url": reverse("file", args=[file.pk, file.name]),
        "small": reverse("file_small", args=[file.pk]) if file.thumbnail else "",
        "for_customer": file.for_customer,
        "may_delete": files.may_delete(file, reader),
        "action": f"{address}files/{file.pk}/",
    }


def _document(request: HttpRequest, label: str, pk: int) -> Document:
    return get_or_404(model_of(label).objects.visible_to(request.user), pk=pk)


def _answer(request: HttpRequest, document: Document) -> HttpResponse:
    """The list anew for htmx, the document's page for a browser without scripts."""
    if not is_partial(request):
        return go(request, f"{document.get_absolute_url()}#timeline")  # type: ignore[attr-defined]
    return render_page(request, "talk.html", {"talk": talk_of(document, request.user)}, block="list")


@require_GET
@staff_required
def talk(request: HttpRequest, label: str, pk: int) -> HttpResponse:
    """The timeline as it is now."""
    return _answer(request, _document(request, label, pk))


@require_POST
@staff_required
def add_comment(request: HttpRequest, label: str, pk: int) -> HttpResponse:
    """Write a comment; `file` are ids of files that came with it."""
    document = _document(request, label, pk)
    ids = [int(one) for one in request.POST.getlist("file")[:50] if one.isdecimal() and len(one) < 19]
    comments.add_comment(document, text=request.POST.get("text", ""), by=request.user, files=ids)  # type: ignore[arg-type]
    return _answer(request, document)


@require_POST
@staff_required
def change_comment(request: HttpRequest, label: str, pk: int, comment_id: int) -> HttpResponse:
    """Edit one's own comment, or (`act=delete`) take it back."""
    document = _document(request, label, pk)
    comment = get_or_404(Comment.objects.of(document), pk=comment_id)
    user: Any = request.user
    if request.POST.get("act") == "delete":
        comments.delete_comment(comment, by=user)
    else:
        comments.edit_comment(document, comment, text=request.POST.get("text", ""), by=user)
    return _answer(request, document)


@require_GET
@staff_required
def people(request: HttpRequest, label: str, pk: int) -> HttpResponse:
    """People who may see the document, by `?q=`: part of a name, a user name, or their pinyin."""
    words = request.GET.get("q", "").strip().lower()[:40]
    found = readers_of(_document(request, label, pk)).exclude(pk=request.user.pk or 0)
    if words:
        found = found.filter(Q(name__icontains=words) | Q(username__icontains=words) | Q(pinyin__icontains=words))
    rows = list(found.prefetch_related("groups").order_by("name", "username")[:PEOPLE_SHOWN])
    names = User.objects.filter(is_active=True, is_portal=False, name__in=[row.name for row in rows])
    shared = set(names.values("name").annotate(n=Count("pk")).filter(n__gt=1).values_list("name", flat=True))
    return JsonResponse({"items": [_person(row, shared) for row in rows]})


def _person(person: User, shared: set[str]) -> dict[str, str]:
    """A name that only one person has is written in Chinese, any other as the user name."""
    clear = person.name and person.name not in shared and HANDLE.fullmatch(f"@{person.name}")
    from erp.roles import ROLES

    roles = [str(ROLES[group.name]["label"]) for group in person.groups.all() if group.name in ROLES]
    return {"handle": person.name if clear else person.username, "name": str(person), "sub": "、".join(roles[:2])}


@require_POST
@staff_required
def add_files(request: HttpRequest, label: str, pk: int) -> HttpResponse:
    """Lay files on the document: one at a time with progress by script, several at once by a plain form."""
    document = _document(request, label, pk)
    shared = request.POST.get("for_customer") == "1"
    by_script = request.headers.get("Accept", "").startswith("application/json")
    kept = []
    for upload in request.FILES.getlist("file")[:20]:
        try:
            kept.append(files.attach(document, upload, by=request.user, for_customer=shared))  # type: ignore[arg-type]
        except BusinessError as refusal:
            words = f"{refusal.message} {refusal.hint}".strip()
            if by_script:
                return JsonResponse({"error": words}, status=422)
            messages.error(request, words)
    if by_script:
        return JsonResponse({"files": [{"id": file.pk, "name": file.name} for file in kept]})
    return _answer(request, document)


@require_POST
@staff_required
def change_file(request: HttpRequest, label: str, pk: int, file_id: int) -> HttpResponse:
    """Delete a file (`act=delete`), show it to the customer (`share`), or hide it again (`hide`)."""
    document = _document(request, label, pk)
    file = get_or_404(Attachment.objects.of(document), pk=file_id)
    user: Any = request.user
    act = request.POST.get("act", "")
    if act == "delete":
        files.delete_file(document, file, by=user)
    elif act in ("share", "hide"):
        files.share_file(document, file, shared=act == "share", by=user)
    else:
        raise Http404
    response = _answer(request, document)
    return toast(response, _("Deleted.")) if act == "delete" and is_partial(request) else response


def visible_file(request: HttpRequest, pk: int) -> Attachment:
    """A file of a document that the person may see; customers only those that are meant for them. Else 404."""
    file = get_or_404(Attachment.objects.present().exclude(file=""), pk=pk)
    user: Any = request.user
    if user.is_portal and not file.for_customer:
        raise Http404
    get_or_404(model_of(file.document_type).objects.visible_to(user), pk=file.document_id)
    return file


@require_safe
def download(request: HttpRequest, pk: int, name: str) -> Any:
    """The file itself: pictures are shown, everything else is saved."""
    if not request.user.is_authenticated:
        return login_redirect(request)
    file = visible_file(request, pk)
    kind = CONTENT_TYPES.get(file.kind, "application/octet-stream")
    return _sent(file.file, content_type=kind, name=file.name, save=not file.is_picture or "save" in request.GET)


@require_safe
def small(request: HttpRequest, pk: int) -> Any:
    """The small picture of a picture."""
    if not request.user.is_authenticated:
        return login_redirect(request)
    file = visible_file(request, pk)
    if not file.thumbnail:
        raise Http404
    return _sent(file.thumbnail, content_type="image/webp", name="small.webp", save=False)


def _sent(content: Any, *, content_type: str, name: str, save: bool) -> FileResponse:
    try:
        stream = content.open("rb")
    except FileNotFoundError as error:
        raise Http404(_("The file is missing on the disk. Ask an administrator for the backup.")) from error
    response = FileResponse(stream, as_attachment=save, filename=name, content_type=content_type)
    response["Content-Security-Policy"] = SANDBOX
    response["X-Content-Type-Options"] = "nosniff"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    response["Cache-Control"] = "private, max-age=300" if not save else "private, no-store"
    return response
