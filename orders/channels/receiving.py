"""A delivery at the door: kept exactly as it came, in one short transaction, and worked on after the answer."""

from functools import partial

from django.db import transaction
from django.http import HttpRequest

from orders.channels import adapter_of
from orders.channels.base import Adapter, Unreadable, read_json
from orders.models import Channel, ChannelOrder

State, Kind = ChannelOrder.State, ChannelOrder.Kind


@transaction.atomic
def receive(channel: Channel, adapter: Adapter, request: HttpRequest) -> ChannelOrder:
    """Keep a verified delivery and have it taken after commit. A repeat of its number is the first one."""
    row = ChannelOrder(
        channel=channel,
        event_id=adapter.event_id(request),
        topic=adapter.topic(request),
        # A signed body is UTF-8 JSON; anything else is kept as far as a text column can.
        body=request.body.decode("utf-8", "replace").replace("\x00", "\N{REPLACEMENT CHARACTER}"),
        signature_ok=True,
    )
    _classify(row, adapter)
    # One statement settles a race of repeats; nobody waits for anybody.
    ChannelOrder.objects.bulk_create([row], ignore_conflicts=True)
    kept = ChannelOrder.objects.defer("body").get(channel=channel, event_id=row.event_id)
    if kept.state == State.WAITING:
        have_taken(kept)
    return kept


def have_taken(row: ChannelOrder) -> None:
    """Hand a waiting delivery to the worker after commit. When the broker is away the sweep does it."""
    from orders.tasks import take_delivery

    transaction.on_commit(partial(take_delivery.delay, row.pk), robust=True)


def reread(row: ChannelOrder) -> None:
    """Look again at a kept delivery that could not be read, for instance after an update."""
    adapter = adapter_of(row.channel)
    if adapter is not None:
        _classify(row, adapter)
        row.save(update_fields=["kind", "source_id", "state", "finding", "values"])


def _classify(row: ChannelOrder, adapter: Adapter) -> None:
    """What can be said of a delivery at a glance."""
    row.state, row.finding, row.values = State.WAITING, "", {}
    try:
        payload = read_json(row.body)
        row.kind = adapter.kind(row.topic, payload)
        if row.kind != Kind.OTHER:
            row.source_id = adapter.source_id(row.kind, payload)[:80]
    except Unreadable as place:
        row.kind, row.state, row.finding, row.values = Kind.OTHER, State.FAILED, "shape", {"what": str(place)}
    except (ValueError, RecursionError):
        row.kind, row.state, row.finding = Kind.OTHER, State.FAILED, "json"
    else:
        if row.kind == Kind.OTHER:
            row.state, row.finding = State.IGNORED, "topic"
