"""One function moves every document from state to state, and one decorator explains why a move is refused.

`advance` is the only writer of a status. What follows from a move in other apps is listed in `erp.process`.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeVar

from django.db import transaction
from django.utils import timezone
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _
from django_fsm import TransitionNotAllowed

from erp.errors import NotPermitted, TransitionRefused
from erp.models import Document, StatusChange, User
from erp.transactions import verb

Condition = TypeVar("Condition", bound=Callable[[Any], bool])


def requirement(message: Any) -> Callable[[Condition], Condition]:
    """Give a condition the words that tell a person what would satisfy it.

    `message` is a lazy string, or a function of the document that returns one.
    """

    def tag(condition: Condition) -> Condition:
        condition.requirement = message  # type: ignore[attr-defined]
        return condition

    return tag


@dataclass(frozen=True, slots=True)
class Move:
    """One transition of a document as a person sees it: its label, and whether it may be made now."""

    name: str
    label: str
    allowed: bool
    permitted: bool
    reasons: list[str] = field(default_factory=list)
    kind: str = "secondary"
    needs_note: bool = False
    by_hand: bool = True
    target: str = ""

    @property
    def reason(self) -> str:
        """Why the move may not be made now, in one sentence; empty if it may."""
        return " ".join(self.reasons)


def require_writable(document: Document, *, by: User | None) -> None:
    """Refuse a person's change of a document that is only kept to be read; what the system must record goes on."""
    if by is not None and (why := document.read_only_because()):
        raise TransitionRefused(why, reasons=[why], hint=_("Restore it from the archive first."), code="archived")


def _transition(document: Document, name: str) -> Any:
    """The django-fsm declaration of the move that leaves the document's present state, or None."""
    method = getattr(type(document), name, None)
    meta = getattr(method, "_django_fsm", None)
    if meta is None:
        raise TransitionRefused(
            _("“%(name)s” is not a step of this document.") % {"name": name}, code="unknown_transition"
        )
    return meta.get_transition(document.status)


def unmet(document: Document, conditions: Iterable[Callable[[Any], bool]]) -> list[str]:
    """The requirements that the document does not meet, in words."""
    reasons = []
    for condition in conditions:
        if not condition(document):
            message = getattr(condition, "requirement", condition.__name__)
            reasons.append(str(message(document) if callable(message) else message))
    return reasons


def _label(declared: Any) -> str:
    return str(declared.custom.get("label", declared.name))


def moves(document: Document, user: User | None, *, by_hand_only: bool = True) -> Iterator[Move]:
    """Every transition that leaves the present state, allowed or not, with the reasons; None is the system itself."""
    for name, method in type(document).transitions().items():
        declared = method._django_fsm.get_transition(document.status)
        if declared is None:
            continue
        by_hand = declared.custom.get("by_hand", True)
        if by_hand_only and not by_hand:
            continue
        permitted = user is None or (by_hand and declared.has_perm(document, user))
        reasons = [] if permitted else [_("Your role does not include this step.")]
        if user is not None and (why := document.read_only_because()):
            reasons.append(why)
        reasons += unmet(document, declared.conditions)
        yield Move(
            name=name,
            label=_label(declared),
            allowed=not reasons,
            permitted=permitted,
            reasons=reasons,
            kind=declared.custom.get("kind", "secondary"),
            needs_note=declared.custom.get("needs_note", False),
            by_hand=by_hand,
            target=str(declared.target),
        )


def lock(document: Document) -> None:
    """Lock the document's row and read it afresh; call inside a transaction, before the first decision."""
    document.refresh_from_db(from_queryset=type(document)._base_manager.select_for_update())


@verb
def advance(document: Document, name: str, *, by: User | None, note: str = "", **arguments: Any) -> StatusChange:
    """Move a document by one transition, record it, and run all that follows from it, or nothing at all.

    Locks the row, checks permission and conditions, saves, writes one `StatusChange`, and runs the services that
    `erp.process` lists, in their order and in the same transaction. `by=None` is the system acting by itself.

    Raises `TransitionRefused` (with reasons) or `NotPermitted`; then nothing has changed.
    """
    lock(document)
    declared = _transition(document, name)
    if declared is None:
        raise TransitionRefused(
            _("%(document)s is “%(status)s”; “%(step)s” is not possible from there.")
            % {"document": document, "status": document.get_status_display(), "step": _any_label(document, name)},
            code="wrong_state",
        )
    _check(document, declared, by=by, note=note)
    change = _apply(document, declared, by=by, note=note, arguments=arguments)
    run_followers(document, name, change=change, by=by)
    return change


def _any_label(document: Document, name: str) -> str:
    method = type(document).transitions()[name]
    return _label(next(iter(method._django_fsm.transitions.values())))


def _check(document: Document, declared: Any, *, by: User | None, note: str) -> None:
    label = _label(declared)
    require_writable(document, by=by)
    if by is not None and not (declared.custom.get("by_hand", True) and declared.has_perm(document, by)):
        raise NotPermitted(
            _("You do not have the right to do “%(step)s” on %(document)s.") % {"step": label, "document": document},
            hint=_("Ask an administrator for the role that does this."),
        )
    if declared.custom.get("needs_note") and by is not None and not note.strip():
        raise TransitionRefused(_("Please give a reason for “%(step)s”.") % {"step": label}, code="note_required")
    if reasons := unmet(document, declared.conditions):
        raise TransitionRefused(
            _("“%(step)s” is not possible yet: %(reasons)s") % {"step": label, "reasons": " ".join(reasons)},
            reasons=reasons,
            code="condition_failed",
        )


def _apply(document: Document, declared: Any, *, by: User | None, note: str, arguments: dict[str, Any]) -> StatusChange:
    source, now = document.status, timezone.now()
    try:
        getattr(document, declared.name)(by=by, note=note, **arguments)
    except TransitionNotAllowed as refusal:  # a second reading of the conditions disagrees with the first
        raise TransitionRefused(str(refusal)) from refusal
    if document.status != source:
        document.arrive()
    seconds = max(0, int((now - document.status_since).total_seconds()))
    document.status_since = now
    document.save()
    return StatusChange.objects.create(
        document_type=document._meta.label,
        document_id=document.pk,
        transition=declared.name,
        source=source,
        target=document.status,
        by=by,
        at=now,
        note=note,
        seconds=seconds,
    )


def run_followers(document: Any, name: str, *, change: StatusChange | None, by: User | None) -> None:
    """Run the services that the process page lists for this document and move, in order.

    `change` is None for a happening that writes no row of its own into the timeline.
    """
    from erp.process import PROCESS

    for path in PROCESS.get(document._meta.label, {}).get(name, ()):
        import_string(path)(document, change=change, by=by)


@transaction.atomic
def record_creation(document: Document, *, by: User | None, note: str = "") -> StatusChange:
    """Write the first row of a new document's timeline and run what `erp.process` lists under "create"."""
    change = StatusChange.objects.create(
        document_type=document._meta.label,
        document_id=document.pk,
        transition="create",
        source="",
        target=document.status,
        by=by,
        at=document.status_since,
        note=note,
        seconds=0,
    )
    run_followers(document, "create", change=change, by=by)
    return change
