"""A carrier comes: many shipments leave at once, somebody signs for them."""

import base64
import binascii
import io
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from django.core.files.base import ContentFile
from django.utils.translation import gettext as _
from PIL import Image, UnidentifiedImageError

from erp.errors import BusinessError
from erp.models import User
from erp.numbering import next_number
from erp.transactions import verb
from orders.models import SalesOrder
from shipping.models import Carrier, CarrierService, Pickup, Shipment
from shipping.services.common import require
from shipping.services.sending import hand_over

PREFIX = "data:image/png;base64,"
LONGEST = 400_000  # letters of a drawn signature
LARGEST = 4_000_000  # its pixels
MOST = 200  # shipments of one visit


@dataclass(frozen=True, slots=True)
class Leaving:
    """One shipment of a visit. `tracking` is `{parcel id: number}`, `freight` in CNY (None: by the rates)."""

    shipment_id: int
    service: CarrierService
    tracking: Mapping[int, str] = field(default_factory=dict)
    freight: Decimal | None = None
    reason: str = ""


@verb
def hand_over_many(
    leaving: Sequence[Leaving], *, carrier: Carrier, courier: str, signature: str, by: User, key: str
) -> Pickup:
    """Give many shipments to a carrier at once, all or none. `signature` is a PNG as a data address, or empty.

    The same form (`key`) a second time is the same visit. Raises BusinessError naming the shipment that cannot leave.
    """
    require(by, "shipping.hand_over_shipment", _("Your role does not include handing over to carriers."))
    wanted = {one.shipment_id: one for one in leaving}
    # Orders by id first, all of them: nobody can wait in a ring, and a repeat waits for the first to be done.
    orders = SalesOrder.objects.filter(shipments__in=wanted).order_by("id").values_list("id", flat=True)
    list(SalesOrder.objects.select_for_update().filter(pk__in=list(orders)).order_by("id"))
    if (known := Pickup.objects.filter(key=key).first()) is not None:
        return known
    _check(wanted, carrier=carrier, courier=courier)
    picture = drawn(signature)
    shipments = list(Shipment.objects.visible_to(by).filter(pk__in=wanted).order_by("order_id", "id"))
    if len(shipments) != len(wanted):
        raise BusinessError(_("A shipment is not there any more."), hint=_("Load the page again."))
    pickup = Pickup.objects.create(
        number=next_number("PU"),
        carrier=carrier,
        shipments=len(shipments),
        parcels=0,
        courier=courier.strip()[:60],
        by=by,
        key=key,
    )
    for shipment in shipments:
        pickup.parcels += _leave(shipment, wanted[shipment.pk], pickup=pickup, by=by)
    if picture:
        pickup.signature.save(f"signatures/{pickup.number}.png", ContentFile(picture), save=False)
    pickup.save(update_fields=["parcels", "signature"])
    return pickup


def _check(wanted: Mapping[int, Leaving], *, carrier: Carrier, courier: str) -> None:
    if not wanted:
        raise BusinessError(_("Tick the shipments that leave."))
    if len(wanted) > MOST:
        raise BusinessError(_("At most %(most)s shipments at once.") % {"most": MOST})
    if not courier.strip():
        raise BusinessError(_("Please write the name of who takes the parcels."), field="courier")
    if any(one.service.carrier_id != carrier.pk for one in wanted.values()):
        raise BusinessError(_("All shipments of one visit go with the same carrier."))


def _leave(shipment: Shipment, one: Leaving, *, pickup: Pickup, by: User) -> int:
    """Hand one over; returns how many parcels it has."""
    shipment.refresh_from_db()
    if shipment.handed_over_at is not None:
        raise BusinessError(
            _("%(shipment)s was handed over meanwhile.") % {"shipment": shipment},
            hint=_("Load the page again."),
            field=f"ship_{shipment.pk}",
        )
    try:
        hand_over(
            shipment,
            service=one.service,
            tracking=one.tracking,
            freight=one.freight,
            courier=pickup.courier,
            reason=one.reason,
            pickup=pickup,
            by=by,
        )
    except BusinessError as refusal:
        field = refusal.field if refusal.field.startswith("tracking_") else f"{refusal.field or 'ship'}_{shipment.pk}"
        raise BusinessError(
            f"{shipment}: {refusal.message}", hint=refusal.hint, field=field, code=refusal.code
        ) from refusal
    return shipment.handover.parcels


def drawn(signature: str) -> bytes:
    """A signature drawn on the screen, drawn anew so that nothing but its look is kept; empty when there is none.

    Raises BusinessError for anything that is not a small PNG.
    """
    if not signature:
        return b""
    wrong = BusinessError(_("The signature could not be read."), hint=_("Please sign again."), field="signature")
    if not signature.startswith(PREFIX) or len(signature) > LONGEST:
        raise wrong
    try:
        raw = base64.b64decode(signature[len(PREFIX) :], validate=True)
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(raw), formats=["PNG"]) as picture:
                if picture.width * picture.height > LARGEST:
                    raise wrong
                return _on_white(picture)
    except (
        binascii.Error,
        UnidentifiedImageError,
        OSError,
        SyntaxError,
        ValueError,
        Image.DecompressionBombError,
        Image.DecompressionBombWarning,
    ) as error:
        raise wrong from error


def _on_white(picture: Image.Image) -> bytes:
    ink = picture.convert("RGBA")
    paper = Image.new("RGBA", ink.size, "white")
    paper.alpha_composite(ink)
    grey = paper.convert("L")
    if not any(grey.histogram()[:251]):  # nothing was drawn
        return b""
    out = io.BytesIO()
    grey.save(out, "PNG", optimize=True)
    return out.getvalue()
