"""What a person does about deliveries that could not be taken: say which product is meant, try again, put aside."""

from django.db import transaction
from django.utils.translation import gettext as _

from erp.errors import BusinessError
from erp.models import User
from inventory.models import Product
from orders.channels.receiving import have_taken, reread
from orders.models import Channel, ChannelOrder, ChannelProduct

State = ChannelOrder.State
MOST = 500


def wanted_skus(row: ChannelOrder) -> list[str]:
    """The SKUs of the shop for which a failed delivery lacks a product."""
    return list(row.values.get("list", [])) if row.state == State.FAILED and row.finding == "sku" else []


@transaction.atomic
def retry(row: ChannelOrder, *, by: User) -> None:
    """Try a failed delivery again, with all that failed of the same order. Raises BusinessError when it has not failed."""
    row = ChannelOrder.objects.select_for_update(of=("self",)).select_related("channel").get(pk=row.pk)
    if row.state != State.FAILED:
        raise BusinessError(
            _("%(delivery)s has not failed; there is nothing to try again.") % {"delivery": row}, code="not_failed"
        )
    if not row.source_id:
        reread(row)
    same = ChannelOrder.objects.filter(channel=row.channel_id, source_id=row.source_id, state=State.FAILED).delivered()
    same.exclude(source_id="").update(state=State.WAITING, finding="", values={}, error="", attempts=0, tried_at=None)
    have_taken(row)


@transaction.atomic
def map_sku(channel: Channel, *, external_sku: str, product: Product, by: User) -> int:
    """Say which product a shop means by a SKU, and try everything again that waits for it; returns how many orders."""
    if not product.is_active:
        raise BusinessError(_("%(sku)s is not sold any more.") % {"sku": product.sku}, field="product")
    ChannelProduct.objects.update_or_create(
        channel=channel, external_sku=external_sku.strip(), defaults={"product": product}
    )
    waiting = ChannelOrder.objects.filter(
        channel=channel, state=State.FAILED, finding="sku", values__list__contains=[external_sku.strip()]
    ).order_by("pk")
    rows = {row.source_id: row for row in waiting.defer("body")[:MOST]}
    ids = list(waiting.values_list("pk", flat=True)[:MOST])
    ChannelOrder.objects.filter(pk__in=ids).update(
        state=State.WAITING, finding="", values={}, error="", attempts=0, tried_at=None
    )
    for row in rows.values():
        have_taken(row)
    return len(rows)


@transaction.atomic
def dismiss(row: ChannelOrder, *, by: User) -> None:
    """Put a failed delivery aside: it is done elsewhere, or never. Raises BusinessError when it has not failed."""
    put_aside = ChannelOrder.objects.filter(pk=row.pk, state=State.FAILED).update(
        state=State.IGNORED, finding="dismissed", values={"by": str(by)}
    )
    if not put_aside:
        raise BusinessError(_("%(delivery)s has not failed.") % {"delivery": row}, code="not_failed")
