"""The right to take reserved stock for another order, for installations that exist already."""

from typing import Any

from django.db import migrations

from erp.grants import grant

RIGHTS = dict.fromkeys(["manager", "admin"], ["orders.take_reservation"])


def give(apps: Any, schema_editor: Any) -> None:
    """Whoever has these roles gets the right."""
    grant(apps, RIGHTS)


class Migration(migrations.Migration):
    dependencies = [("orders", "0021_taken_reservations"), ("erp", "0006_grant_sharing_views")]
    operations = [migrations.RunPython(give, migrations.RunPython.noop)]
