"""What goes wrong with parcels: noticed, given to somebody with a deadline, settled."""

import datetime as dt
from collections.abc import Sequence

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, Max, OuterRef, Q
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from erp.errors import BusinessError
from erp.models import StatusChange, User
from erp.numbering import next_number
from erp.transactions import verb
from erp.workdays import add_working_hours
from erp.workflow import advance, lock, record_creation
from shipping.models import Parcel, ParcelProblem, Shipment, TrackingEvent, Trouble
from shipping.services.common import lock_with_order, require

Status = ParcelProblem.Status
CHANGE = "shipping.change_parcelproblem"
SILENT_AFTER = dt.timedelta(hours=24)  # a parcel on its way without a scan for longer is asked about
# Working hours until it must be settled.
HOURS: dict[str, int] = {
    Trouble.SILENT: 8,
    Trouble.REFUSED: 4,
    Trouble.RETURNED: 8,
    Trouble.DAMAGED: 4,
    Trouble.LOST: 8,
    Trouble.OTHER: 8,
}
ENDS_WITH_A_SCAN = (Trouble.REFUSED, Trouble.RETURNED, Trouble.LOST, Trouble.OTHER)
# The parcel does not reach the customer by itself any more.
COMES_BACK = (Trouble.RETURNED, Trouble.LOST)


def follow_problems(
    shipment: Shipment, parcel: Parcel, *, newest: TrackingEvent, events: Sequence[TrackingEvent]
) -> None:
    """Let the open problems of a parcel follow its events; call with shipment and order locked.

    What a good scan ends, ends; damage stays until somebody has settled it.
    """
    if parcel.state == Parcel.State.EXCEPTION:
        _open(shipment, parcel, newest.trouble or Trouble.OTHER, text=newest.text, event=newest)
    for event in events:
        if event.trouble == Trouble.DAMAGED:
            _open(shipment, parcel, Trouble.DAMAGED, text=event.text, event=event)
    for problem in parcel.problems.filter(status=Status.OPEN).order_by("id"):
        if _is_over(problem, parcel, newest):
            with translation.override(settings.LANGUAGE_CODE):
                note = _("Scanned again: %(text)s") % {"text": newest.text}
            advance(problem, "resolve", by=None, note=note)


def _is_over(problem: ParcelProblem, parcel: Parcel, newest: TrackingEvent) -> bool:
    if problem.trouble == Trouble.SILENT:
        heard = newest.at > timezone.now() - SILENT_AFTER
        return heard or parcel.state in (Parcel.State.DELIVERED, Parcel.State.EXCEPTION)
    if parcel.state != Parcel.State.EXCEPTION:
        return problem.trouble in ENDS_WITH_A_SCAN
    return problem.trouble in ENDS_WITH_A_SCAN and problem.trouble != newest.trouble


def report_silence(shipment: Shipment, parcel: Parcel, *, text: str) -> ParcelProblem | None:
    """Nothing was heard of a parcel for too long, or nothing more will be; call with shipment and order locked."""
    if shipment.status != Shipment.Status.IN_TRANSIT or parcel.state == Parcel.State.DELIVERED:
        return None
    return _open(shipment, parcel, Trouble.SILENT, text=text)


def _open(
    shipment: Shipment, parcel: Parcel, trouble: str, *, text: str, event: TrackingEvent | None = None
) -> ParcelProblem | None:
    """A problem for somebody; None when it is known already, or was settled for this very scan."""
    same = parcel.problems.filter(trouble=trouble)
    if same.filter(status=Status.OPEN).exists() or (event is not None and same.filter(event=event).exists()):
        return None
    problem = ParcelProblem.objects.create(
        number=next_number("EX"),
        order_id=shipment.order_id,
        parcel=parcel,
        trouble=trouble,
        event=event,
        text=text[:300],
        owner=_owner(shipment),
        deadline=add_working_hours(timezone.now(), HOURS[trouble]),
    )
    record_creation(problem, by=None)
    return problem


def _owner(shipment: Shipment) -> User | None:
    """Who gave the parcel away looks after it, while that is still their work."""
    handover = getattr(shipment, "handover", None)
    person = handover.by if handover is not None else None
    return person if person is not None and person.is_active and person.has_perm(CHANGE) else None


def sweep_silent() -> int:
    """Open a problem for each parcel on its way that nobody has scanned for a day; returns how many.

    What we or the customer carry is not scanned; what was settled within a day is not asked about again.
    """
    since = timezone.now() - SILENT_AFTER
    asked = ParcelProblem.objects.filter(parcel=OuterRef("pk"), trouble=Trouble.SILENT)
    silent = (
        Parcel.objects.filter(shipment__status=Shipment.Status.IN_TRANSIT, carrier__own_numbers=False)
        .filter(shipment__handed_over_at__lt=since)
        .exclude(state=Parcel.State.DELIVERED)
        .exclude(Exists(asked.filter(Q(status=Status.OPEN) | Q(status_since__gte=since))))
        .annotate(scan=Max("events__at"))
        .filter(Q(scan=None) | Q(scan__lt=since))
    )
    return sum(_ask(pk) for pk in list(silent.order_by("pk").values_list("pk", flat=True)[:1000]))


@verb
def _ask(parcel_id: int) -> int:
    parcel = Parcel.objects.get(pk=parcel_id)
    shipment = Shipment.objects.get(pk=parcel.shipment_id)
    lock_with_order(shipment)
    if parcel.events.filter(at__gte=timezone.now() - SILENT_AFTER).exists():
        return 0
    with translation.override(settings.LANGUAGE_CODE):
        text = _("No scan for 24 hours.")
    return int(report_silence(shipment, parcel, text=text) is not None)


@transaction.atomic
def take_problem(problem: ParcelProblem, *, owner: User | None, by: User) -> ParcelProblem:
    """Give an open problem to somebody who may settle it. Raises BusinessError otherwise; a repeat is harmless."""
    require(by, CHANGE, _("Your role does not include problems with parcels."))
    if owner is not None and not (owner.is_active and owner.has_perm(CHANGE)):
        raise BusinessError(_("%(person)s may not settle problems with parcels.") % {"person": owner}, field="owner")
    lock(problem)
    if problem.status != Status.OPEN:
        raise BusinessError(_("%(problem)s is settled already.") % {"problem": problem}, code="wrong_state")
    problem.owner = owner
    problem.save(update_fields=["owner"])
    return problem


@verb
def settle_problem(problem: ParcelProblem, name: str, *, by: User, note: str) -> StatusChange:
    """Settle a problem or open it again (`resolve`, `reopen`), the sales order and the shipment locked first."""
    shipment = Shipment.objects.get(parcels=problem.parcel_id)
    lock_with_order(shipment)
    if name == "reopen" and problem.parcel.problems.filter(status=Status.OPEN, trouble=problem.trouble).exists():
        raise BusinessError(_("The same problem of this parcel is open already."), code="wrong_state")
    return advance(problem, name, by=by, note=note)


@transaction.atomic
def go_on(document: ParcelProblem, *, change: StatusChange | None, by: User | None) -> None:
    """When a person has settled the last problem of a shipment, it is on its way again (follower of “resolve”).

    Not what was lost or comes back: that never reaches the customer.
    """
    if by is None or document.trouble in COMES_BACK:
        return
    shipment = Shipment.objects.get(parcels=document.parcel_id)
    open_ones = ParcelProblem.objects.filter(parcel__shipment=shipment, status=Status.OPEN)
    if shipment.status == Shipment.Status.EXCEPTION and not open_ones.exists():
        advance(shipment, "resume", by=None, note=document.resolution)
