"""Trigram search and the sequences behind document numbers."""

from django.contrib.postgres.operations import TrigramExtension
from django.db import migrations

SEQUENCES = [
    "number_sales_order",
    "number_production_order",
    "number_pick_list",
    "number_shipment",
    "number_purchase_order",
    "number_goods_receipt",
    "number_payment",
    "number_journal_entry",
    "number_return_request",
    "number_service_case",
    "number_handover",
    "number_customer",
]


class Migration(migrations.Migration):
    dependencies = [("erp", "0001_initial")]
    run_before = [("inventory", "0001_initial"), ("orders", "0001_initial")]

    operations = [
        TrigramExtension(),
        *[
            migrations.RunSQL(f"CREATE SEQUENCE {name}", f"DROP SEQUENCE {name}")
            for name in SEQUENCES
        ],
    ]
