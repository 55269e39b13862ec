"""New rights for roles that a company has already."""

from typing import Any

from django.db import migrations

from erp.grants import grant

_MOVE = [
    *("inventory.view_transfer", "inventory.add_transfer", "inventory.send_transfer"),
    *("inventory.receive_transfer", "inventory.change_stock_state"),
]
_CLOSE = ["inventory.view_transfer", "inventory.close_transfer"]
GRANTS = {"warehouse": _MOVE, "manager": _CLOSE, "admin": [*_MOVE, "inventory.close_transfer"]}


def add_rights(apps: Any, schema_editor: Any) -> None:
    """Roles that a company has already."""
    grant(apps, GRANTS)


class Migration(migrations.Migration):
    dependencies = [
        ("inventory", "0009_transfers"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [migrations.RunPython(add_rights, migrations.RunPython.noop)]
