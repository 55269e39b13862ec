"""The newest orders of an article by an index; and what PostgreSQL must know of states that exclude each other."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models.deletion import PROTECT

# Without it, PostgreSQL believes that many finished orders are unpaid, and looks for them through the whole table.
STATISTICS = "CREATE STATISTICS IF NOT EXISTS salesorder_states (mcv) ON status, payment_state FROM orders_salesorder"


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("orders", "0019_sealed_secrets")]
    operations = [
        AddIndexConcurrently("orderline", models.Index(fields=["product", "-order"], name="orderline_product")),
        migrations.AlterField(  # the index above begins with it
            "orderline",
            "product",
            models.ForeignKey(
                db_index=False, on_delete=PROTECT, related_name="order_lines", to="inventory.product"
            ),
        ),
        migrations.RunSQL(STATISTICS, "DROP STATISTICS IF EXISTS salesorder_states"),
        migrations.RunSQL("ANALYZE orders_salesorder (status, payment_state)", migrations.RunSQL.noop),
    ]
