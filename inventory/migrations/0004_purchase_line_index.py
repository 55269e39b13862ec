"""Finds goods that wait for inspection; built without stopping the house."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models import F, Q


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("inventory", "0003_buying_in_depth")]

    operations = [
        AddIndexConcurrently(
            model_name="purchaseline",
            index=models.Index(
                fields=["product"],
                condition=Q(received__gt=F("accepted") + F("rejected")),
                name="purchaseline_uninspected",
            ),
        ),
    ]
