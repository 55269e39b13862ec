from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("orders", "0002_sub_statuses")]

    operations = [
        AddIndexConcurrently(
            model_name="salesorder",
            index=models.Index(
                fields=["sub_status", "-id"],
                condition=models.Q(sub_status__isnull=False),
                name="salesorder_sub_status",
            ),
        ),
        migrations.RunSQL(
            "ALTER TABLE orders_salesorder VALIDATE CONSTRAINT salesorder_sub_status_of_state", migrations.RunSQL.noop
        ),
    ]
