"""Document numbers: unique and never reused; only invoices are without gaps, because the law asks it."""

from django.db import connection, models
from django.utils import timezone

from erp.models import Counter

SEQUENCES = {
    "SO": "number_sales_order",
    "MO": "number_production_order",
    "PK": "number_pick_list",
    "SH": "number_shipment",
    "PO": "number_purchase_order",
    "GR": "number_goods_receipt",
    "PY": "number_payment",
    "JE": "number_journal_entry",
    "RT": "number_return_request",
    "CS": "number_service_case",
    "HO": "number_handover",
    "PU": "number_pickup",
    "EX": "number_parcel_problem",
    "CU": "number_customer",
    "PJ": "number_project",
    "SR": "number_supplier_return",
    "SC": "number_stock_count",
    "TR": "number_transfer",
    "AD": "number_adjustment",
    "WV": "number_wave",
}


def next_numbers(prefix: str, count: int) -> list[str]:
    """Take `count` numbers such as `SO-20261121-00042` from the prefix's sequence; one statement, gaps possible."""
    today = timezone.localdate().strftime("%Y%m%d")
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(%s) FROM generate_series(1, %s)", [SEQUENCES[prefix], count])
        return [f"{prefix}-{today}-{value:05d}" for (value,) in cursor.fetchall()]


def next_number(prefix: str) -> str:
    """Take one number from the prefix's sequence."""
    return next_numbers(prefix, 1)[0]


def next_gapless(prefix: str) -> str:
    """Take the next gap-free number; call it last in the transaction, since the counter stays locked until commit."""
    period = timezone.localdate().strftime("%Y%m")
    name = f"{prefix}-{period}"
    Counter.objects.bulk_create([Counter(name=name)], ignore_conflicts=True)
    Counter.objects.filter(name=name).update(value=models.F("value") + 1)
    return f"{name}-{Counter.objects.values_list('value', flat=True).get(name=name):05d}"
