"""Indexes for each way in which the order list is narrowed, and for reports that read a period."""

from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models
from django.db.models import F, Q


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("orders", "0017_amendments")]
    operations = [
        AddIndexConcurrently(
            "salesorder", models.Index(fields=["channel", "status", "-id"], name="salesorder_channel")
        ),
        AddIndexConcurrently(
            "salesorder", models.Index(fields=["status", "ordered_at", "id"], name="salesorder_status_ordered")
        ),
        AddIndexConcurrently(
            "salesorder", models.Index(fields=["salesperson", "status", "-id"], name="salesorder_seller")
        ),
        RemoveIndexConcurrently("salesorder", "salesorder_salesperson"),
        AddIndexConcurrently("salesorder", models.Index(fields=["shipped_at", "id"], name="salesorder_shipped")),
        AddIndexConcurrently(
            "salesorder",
            models.Index(
                fields=["payment_state", "status", "-id"],
                condition=~Q(payment_state="paid"),
                name="salesorder_unpaid",
            ),
        ),
        AddIndexConcurrently(
            "salesorder",
            models.Index(fields=["status", "-id"], condition=~Q(hold_reason=""), name="salesorder_held"),
        ),
        AddIndexConcurrently("salesorder", models.Index(fields=["phone_last4", "-id"], name="salesorder_last4")),
        AddIndexConcurrently(
            "orderline",
            models.Index(fields=["order"], condition=Q(shipped__gt=F("invoiced")), name="orderline_to_bill"),
        ),
    ]
