"""What carriers send, taken: their words in ours, recorded on the parcel they are about."""

from shipping.carriers.base import Report
from shipping.models import Carrier, Parcel, TrackingEvent
from shipping.services import record_report


def parcel_of(carrier: Carrier, number: str) -> Parcel | None:
    """The parcel a carrier means, however it writes its number; one query."""
    return Parcel.objects.filter(carrier=carrier, tracking_number="".join(number.split()).upper()).first()


def take(carrier: Carrier, report: Report) -> TrackingEvent | None:
    """Record a carrier's report; None when we know no such parcel. A repeat changes nothing.

    Returns the parcel's newest scan of the report; raises BusinessError for one that cannot be.
    """
    parcel = parcel_of(carrier, report.tracking_number)
    if parcel is None:
        return None
    scans = [
        {
            "state": scan.state,
            "trouble": scan.trouble,
            "text": scan.text,
            "place": scan.place,
            "at": scan.at,
            "key": f"{carrier.code}:{scan.event_id}",
        }
        for scan in report.scans
    ]
    return record_report(parcel, scans=scans, expected_on=report.expected_on, silence=report.silence)
