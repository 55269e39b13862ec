"""Payments that are not matched yet, oldest first."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models import F, Q


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("finance", "0001_initial")]
    operations = [
        AddIndexConcurrently(
            "payment",
            models.Index(
                fields=["id"], condition=Q(status="posted") & Q(allocated__lt=F("amount")), name="payment_to_match"
            ),
        ),
    ]
