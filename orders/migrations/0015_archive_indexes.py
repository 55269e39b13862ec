from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """Built beside the running system, since orders are many."""

    atomic = False
    dependencies = [("orders", "0014_archive")]

    operations = [
        AddIndexConcurrently(
            model_name="salesorder",
            index=models.Index(
                condition=models.Q(("archived_at", None)), fields=["status", "-id"], name="salesorder_live"
            ),
        ),
        AddIndexConcurrently(
            model_name="salesorder",
            index=models.Index(fields=["ordered_at", "id"], name="salesorder_ordered"),
        ),
        AddIndexConcurrently(
            model_name="salesorder",
            index=models.Index(fields=["promised_date", "id"], name="salesorder_promised"),
        ),
        AddIndexConcurrently(
            model_name="salesorder",
            index=models.Index(fields=["total", "id"], name="salesorder_total"),
        ),
        AddIndexConcurrently(
            model_name="salesorder",
            index=models.Index(
                condition=models.Q(("archived_at__isnull", False)), fields=["-id"], name="salesorder_archived"
            ),
        ),
        AddIndexConcurrently(
            model_name="salesorder",
            index=models.Index(
                condition=models.Q(("archived_at", None), ("status__in", ["completed", "cancelled"])),
                fields=["status_since", "id"],
                name="salesorder_to_archive",
            ),
        ),
    ]
