"""New rights for roles that a company has already."""

from typing import Any

from django.db import migrations

from erp.grants import grant

_SEE = ["inventory.view_adjustment"]
_APPROVE = [*_SEE, "inventory.approve_adjustment"]
_REASONS = [
    *("inventory.view_adjustmentreason", "inventory.add_adjustmentreason"),
    *("inventory.change_adjustmentreason", "inventory.delete_adjustmentreason"),
]
GRANTS = {"warehouse": _SEE, "finance": _SEE, "manager": _APPROVE, "admin": [*_APPROVE, *_REASONS]}


def add_rights(apps: Any, schema_editor: Any) -> None:
    """Roles that a company has already."""
    grant(apps, GRANTS)


class Migration(migrations.Migration):
    dependencies = [
        ("inventory", "0011_adjustments"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [migrations.RunPython(add_rights, migrations.RunPython.noop)]
