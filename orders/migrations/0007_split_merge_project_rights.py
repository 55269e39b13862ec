from typing import Any

from django.apps import apps as installed
from django.contrib.auth.management import create_permissions
from django.db import migrations

# Roles are made once, so those of an existing company are given what is new here.
DESK = ["split_salesorder", "merge_salesorder", "view_project", "add_project", "change_project"]
NEW = {"sales": DESK, "manager": DESK, "admin": [*DESK, "delete_project"], "approver": ["view_project"], "finance": ["view_project"]}


def grant(apps: Any, schema_editor: Any) -> None:
    """Permissions are made after all migrations otherwise, which is too late for a role that is there already."""
    groups = apps.get_model("auth", "Group").objects
    if not groups.filter(name__in=NEW).exists():
        return
    create_permissions(installed.get_app_config("orders"), verbosity=0, apps=installed)
    permissions = apps.get_model("auth", "Permission").objects.filter(content_type__app_label="orders")
    for group in groups.filter(name__in=NEW):
        group.permissions.add(*permissions.filter(codename__in=NEW[group.name]))


class Migration(migrations.Migration):
    dependencies = [("orders", "0006_project_index"), ("auth", "0012_alter_user_first_name_max_length")]

    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]
