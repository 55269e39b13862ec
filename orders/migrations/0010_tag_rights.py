from typing import Any

from django.apps import apps as installed
from django.contrib.auth.management import create_permissions
from django.db import migrations

# Roles are made once, so those of an existing company are given what is new here.
NEW = ["sales", "manager"]


def grant(apps: Any, schema_editor: Any) -> None:
    """Permissions are made after all migrations otherwise, which is too late for a role that is there already."""
    groups = apps.get_model("auth", "Group").objects.filter(name__in=NEW)
    if not groups.exists():
        return
    create_permissions(installed.get_app_config("orders"), verbosity=0, apps=installed)
    permissions = apps.get_model("auth", "Permission").objects.filter(content_type__app_label="orders")
    for group in groups:
        group.permissions.add(*permissions.filter(codename="add_tag"))


class Migration(migrations.Migration):
    dependencies = [("orders", "0009_import_resumes"), ("auth", "0012_alter_user_first_name_max_length")]

    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]
