"""The right to share views for the roles of installations that exist already."""

from typing import Any

from django.db import migrations

from erp.grants import grant

RIGHTS = {"manager": ["erp.share_savedview"], "admin": ["erp.share_savedview"]}


def give(apps: Any, schema_editor: Any) -> None:
    """Whoever has these roles gets the rights."""
    grant(apps, RIGHTS)


class Migration(migrations.Migration):
    dependencies = [
        ("erp", "0005_saved_views_and_jobs"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]
    operations = [migrations.RunPython(give, migrations.RunPython.noop)]
