"""The rights to assign orders and to restore them from the archive, for installations that exist already."""

from typing import Any

from django.db import migrations

from erp.grants import grant

RIGHTS = dict.fromkeys(["manager", "admin"], ["orders.assign_salesorder", "orders.restore_salesorder"])


def give(apps: Any, schema_editor: Any) -> None:
    """Whoever has these roles gets the rights."""
    grant(apps, RIGHTS)


class Migration(migrations.Migration):
    dependencies = [("orders", "0015_archive_indexes"), ("erp", "0006_grant_sharing_views")]
    operations = [migrations.RunPython(give, migrations.RunPython.noop)]
