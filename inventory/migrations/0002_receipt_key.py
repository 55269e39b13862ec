from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("inventory", "0001_initial")]

    operations = [
        migrations.AddField("goodsreceipt", "key", models.CharField("key", max_length=60, blank=True, editable=False, default="")),
        migrations.AddConstraint(
            "goodsreceipt",
            models.UniqueConstraint(fields=["key"], condition=~models.Q(key=""), name="goodsreceipt_key"),
        ),
    ]
