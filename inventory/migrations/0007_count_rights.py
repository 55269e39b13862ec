"""New rights for roles that a company has already."""

from typing import Any

from django.db import migrations

from erp.grants import grant

_COUNT = [
    *("inventory.view_stockcount", "inventory.add_stockcount"),
    *("inventory.change_stockcount", "inventory.enter_stockcount"),
]
_DECIDE = ["inventory.view_stockcount", "inventory.approve_stockcount"]
GRANTS = {
    "warehouse": _COUNT,
    "manager": _DECIDE,
    "finance": ["inventory.view_stockcount"],
    "admin": [*_COUNT, "inventory.approve_stockcount", "inventory.delete_stockcount"],
}


def add_rights(apps: Any, schema_editor: Any) -> None:
    """Roles that a company has already."""
    grant(apps, GRANTS)


class Migration(migrations.Migration):
    dependencies = [
        ("inventory", "0006_stock_counts"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [migrations.RunPython(add_rights, migrations.RunPython.noop)]
