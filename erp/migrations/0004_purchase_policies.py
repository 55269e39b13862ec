"""What a company decides about purchase orders; existing ones go on without a limit."""

import erp.fields
from decimal import Decimal
from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('erp', '0003_talk'),
    ]

    operations = [
        migrations.RunSQL("CREATE SEQUENCE number_supplier_return", "DROP SEQUENCE number_supplier_return"),
        migrations.AddField(
            model_name='company',
            name='over_delivery',
            field=erp.fields.RateField(db_default=Decimal('0'), decimal_places=6, default=Decimal('0.000000'), help_text='Share of the quantity ordered that may arrive beyond it: 0.05 is 5 %.', max_digits=12, verbose_name='over-delivery accepted up to'),
        ),
        migrations.AddField(
            model_name='company',
            name='purchase_approval_limit',
            field=erp.fields.MoneyField(db_default=Decimal('0'), decimal_places=2, default=Decimal('50000.00'), help_text='In CNY without tax. Another person with the right to approve decides. 0: no approval is needed.', max_digits=18, verbose_name='purchase orders need approval above'),
        ),
    ]
