"""New rights for roles that exist already: called by migrations, since roles are made from `erp.roles` only once."""

from collections.abc import Mapping, Sequence
from typing import Any


def grant(apps: Any, wanted: Mapping[str, Sequence[str]]) -> None:
    """Give existing roles rights: `{role: ["app.codename", …]}`; roles that do not exist are left alone.

    A right of a new model has no row yet, since Django makes them after all migrations: it is made here.
    """
    groups = {row.name: row for row in apps.get_model("auth", "Group").objects.filter(name__in=wanted)}
    for role, group in groups.items():
        group.permissions.add(*(_permission(apps, right) for right in wanted[role]))


def _permission(apps: Any, right: str) -> Any:
    app, codename = right.split(".")
    rows = apps.get_model("auth", "Permission").objects.filter(content_type__app_label=app, codename=codename)
    if (known := rows.first()) is not None:
        return known
    model = next(name for name in _models(apps, app) if codename in _codenames(apps, app, name))
    kind, _made = apps.get_model("contenttypes", "ContentType").objects.get_or_create(app_label=app, model=model)
    made, _new = apps.get_model("auth", "Permission").objects.get_or_create(
        content_type=kind, codename=codename, defaults={"name": f"Can {codename.replace('_', ' ')}"}
    )
    return made


def _models(apps: Any, app: str) -> list[str]:
    return sorted(model._meta.model_name for model in apps.get_app_config(app).get_models())


def _codenames(apps: Any, app: str, model: str) -> set[str]:
    meta = apps.get_model(app, model)._meta
    return {f"{act}_{model}" for act in meta.default_permissions} | {name for name, _label in meta.permissions}
