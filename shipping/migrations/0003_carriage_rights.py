"""Secrets are sealed, carriers that signed keep signing, and roles that exist get the new rights."""

from django.db import migrations

from erp.grants import grant

GATE = [
    "shipping.view_pickup",
    "shipping.view_carrierrule",
    "shipping.view_parcelproblem",
]
SHAPE = [
    "shipping.add_carrierrule",
    "shipping.change_carrierrule",
    "shipping.delete_carrierrule",
]
RIGHTS = {
    "logistics": [*GATE, *SHAPE, "shipping.change_parcelproblem"],
    "manager": [*GATE, *SHAPE, "shipping.change_parcelproblem"],
    "warehouse": GATE,
    "service": ["shipping.view_parcelproblem", "shipping.change_parcelproblem"],
    "sales": ["shipping.view_parcelproblem"],
    "admin": [*GATE, *SHAPE, "shipping.change_parcelproblem"],
}


def forwards(apps, editor):
    grant(apps, RIGHTS)
    for carrier in apps.get_model("shipping", "Carrier").objects.exclude(secret=""):
        carrier.adapter = "signed"
        carrier.save(update_fields=["adapter", "secret"])


def backwards(apps, editor):
    """The column becomes short again: what was sealed does not fit it."""
    for carrier in apps.get_model("shipping", "Carrier").objects.exclude(secret=""):
        editor.execute("UPDATE shipping_carrier SET secret = %s WHERE id = %s", [carrier.secret, carrier.pk])


class Migration(migrations.Migration):
    dependencies = [("shipping", "0002_carriage")]
    operations = [
        migrations.RunSQL("CREATE SEQUENCE number_pickup", "DROP SEQUENCE number_pickup"),
        migrations.RunSQL("CREATE SEQUENCE number_parcel_problem", "DROP SEQUENCE number_parcel_problem"),
        migrations.RunPython(forwards, backwards),
    ]
