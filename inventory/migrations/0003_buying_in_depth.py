"""Suppliers with terms and scales of prices, approval, inspection, returns, and for whom something was bought."""

import django.db.models.deletion
import django.db.models.expressions
import django.utils.timezone
import django_fsm
import erp.fields
import pgtrigger.compiler
import pgtrigger.migrations
from decimal import Decimal
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('inventory', '0002_barcode_unit'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Inspection',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('accepted', erp.fields.QuantityField(decimal_places=4, default=Decimal('0.0000'), max_digits=18, verbose_name='accepted')),
                ('rejected', erp.fields.QuantityField(decimal_places=4, default=Decimal('0.0000'), max_digits=18, verbose_name='rejected')),
                ('reason', models.CharField(blank=True, max_length=200, verbose_name='reason')),
                ('at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='at')),
                ('key', models.CharField(blank=True, editable=False, max_length=80, verbose_name='key')),
            ],
            options={
                'verbose_name': 'inspection',
                'verbose_name_plural': 'inspections',
            },
        ),
        migrations.CreateModel(
            name='LateCost',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('freight', 'freight'), ('duty', 'customs duty'), ('price', 'other price'), ('other', 'other')], max_length=10, verbose_name='kind')),
                ('amount', erp.fields.MoneyField(decimal_places=2, default=Decimal('0.00'), max_digits=18, verbose_name='amount (CNY)')),
                ('reason', models.CharField(blank=True, max_length=200, verbose_name='reason')),
                ('at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='at')),
                ('key', models.CharField(blank=True, editable=False, max_length=80, verbose_name='key')),
            ],
            options={
                'verbose_name': 'late cost',
                'verbose_name_plural': 'late costs',
            },
        ),
        migrations.CreateModel(
            name='PurchaseDemand',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('holder_type', models.CharField(max_length=60, verbose_name='holder type')),
                ('holder_id', models.BigIntegerField(verbose_name='holder')),
                ('document_type', models.CharField(max_length=60, verbose_name='document type')),
                ('document_id', models.BigIntegerField(verbose_name='document')),
                ('needed_by', models.DateField(null=True, verbose_name='needed by')),
                ('quantity', erp.fields.QuantityField(decimal_places=4, default=None, max_digits=18, verbose_name='quantity')),
                ('served', erp.fields.QuantityField(decimal_places=4, default=Decimal('0.0000'), max_digits=18, verbose_name='served')),
            ],
            options={
                'verbose_name': 'purchase demand',
                'verbose_name_plural': 'purchase demands',
            },
        ),
        migrations.CreateModel(
            name='SupplierContact',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=60, verbose_name='name')),
                ('duty', models.CharField(blank=True, max_length=60, verbose_name='job title')),
                ('phone', models.CharField(blank=True, max_length=40, verbose_name='phone')),
                ('email', models.EmailField(blank=True, max_length=254, verbose_name='e-mail')),
            ],
            options={
                'verbose_name': 'contact',
                'verbose_name_plural': 'contacts',
                'ordering': ['id'],
            },
        ),
        migrations.CreateModel(
            name='SupplierReturn',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='created at')),
                ('status_since', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='in this state since')),
                ('number', models.CharField(max_length=30, unique=True, verbose_name='number')),
                ('status', django_fsm.FSMField(choices=[('draft', 'draft'), ('posted', 'returned'), ('settled', 'settled')], default='draft', max_length=50, protected=True, verbose_name='status')),
                ('wants', models.CharField(choices=[('credit', 'credit'), ('replacement', 'replacement')], default='credit', max_length=12, verbose_name='in exchange for')),
                ('reason', models.CharField(max_length=200, verbose_name='reason')),
                ('total', erp.fields.MoneyField(decimal_places=2, default=Decimal('0.00'), max_digits=18, verbose_name='credit expected without tax')),
                ('key', models.CharField(blank=True, editable=False, max_length=60, verbose_name='key')),
            ],
            options={
                'verbose_name': 'return to supplier',
                'verbose_name_plural': 'returns to suppliers',
                'permissions': [('return_goods', 'Can return goods to suppliers')],
            },
        ),
        migrations.CreateModel(
            name='SupplierReturnLine',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('quantity', erp.fields.QuantityField(decimal_places=4, default=None, max_digits=18, verbose_name='quantity')),
                ('unit_price', erp.fields.UnitPriceField(decimal_places=6, default=Decimal('0.000000'), max_digits=18, verbose_name='unit price without tax')),
                ('amount', erp.fields.MoneyField(decimal_places=2, default=Decimal('0.00'), max_digits=18, verbose_name='amount without tax')),
            ],
            options={
                'verbose_name': 'return line',
                'verbose_name_plural': 'return lines',
            },
        ),
        migrations.AlterModelOptions(
            name='purchaseorder',
            options={'permissions': [('receive_goods', 'Can receive goods'), ('inspect_goods', 'Can inspect goods'), ('approve_purchaseorder', 'Can approve purchase orders')], 'verbose_name': 'purchase order', 'verbose_name_plural': 'purchase orders'},
        ),
        migrations.RemoveConstraint(
            model_name='purchaseline',
            name='purchaseline_received_within_ordered',
        ),
        migrations.RemoveConstraint(
            model_name='supplierprice',
            name='supplierprice_supplier_product',
        ),
        migrations.AddField(
            model_name='goodsreceipt',
            name='delivery_note',
            field=models.CharField(blank=True, db_default='', default='', max_length=60, verbose_name="supplier's delivery note"),
        ),
        migrations.AddField(
            model_name='product',
            name='maximum',
            field=erp.fields.QuantityField(blank=True, decimal_places=4, default=None, help_text='Bought up to it. Empty: up to the reorder point.', max_digits=18, null=True, verbose_name='maximum stock'),
        ),
        migrations.AddField(
            model_name='purchaseline',
            name='accepted',
            field=erp.fields.QuantityField(db_default=Decimal('0'), decimal_places=4, default=Decimal('0.0000'), max_digits=18, verbose_name='accepted'),
        ),
        migrations.AddField(
            model_name='purchaseline',
            name='billed',
            field=erp.fields.QuantityField(db_default=Decimal('0'), decimal_places=4, default=Decimal('0.0000'), max_digits=18, verbose_name='billed'),
        ),
        migrations.AddField(
            model_name='purchaseline',
            name='billed_amount',
            field=erp.fields.MoneyField(db_default=Decimal('0'), decimal_places=2, default=Decimal('0.00'), max_digits=18, verbose_name='billed without tax'),
        ),
        migrations.AddField(
            model_name='purchaseline',
            name='rejected',
            field=erp.fields.QuantityField(db_default=Decimal('0'), decimal_places=4, default=Decimal('0.0000'), max_digits=18, verbose_name='rejected'),
        ),
        migrations.AddField(
            model_name='purchaseline',
            name='replaced',
            field=erp.fields.QuantityField(db_default=Decimal('0'), decimal_places=4, default=Decimal('0.0000'), max_digits=18, verbose_name='to be replaced'),
        ),
        migrations.AddField(
            model_name='purchaseline',
            name='returned',
            field=erp.fields.QuantityField(db_default=Decimal('0'), decimal_places=4, default=Decimal('0.0000'), max_digits=18, verbose_name='returned'),
        ),
        migrations.AddField(
            model_name='purchaseline',
            name='supplier_sku',
            field=models.CharField(blank=True, db_default='', default='', max_length=60, verbose_name="supplier's SKU"),
        ),
        migrations.AddField(
            model_name='purchaseorder',
            name='approved_by',
            field=models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='purchaseorder',
            name='currency',
            field=models.CharField(db_default='CNY', default='CNY', editable=False, max_length=3, verbose_name='currency'),
        ),
        migrations.AddField(
            model_name='purchaseorder',
            name='placed_at',
            field=models.DateTimeField(editable=False, null=True, verbose_name='ordered at'),
        ),
        migrations.AddField(
            model_name='purchaseorder',
            name='promised_on',
            field=models.DateField(blank=True, editable=False, null=True, verbose_name='promised on'),
        ),
        migrations.AddField(
            model_name='purchaseorder',
            name='rate',
            field=erp.fields.RateField(blank=True, db_default=Decimal('1'), decimal_places=6, default=Decimal('1'), max_digits=12, null=True, verbose_name='exchange rate'),
        ),
        migrations.AddField(
            model_name='purchaseorder',
            name='submitted_by',
            field=models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='receiptline',
            name='accepted',
            field=erp.fields.QuantityField(db_default=Decimal('0'), decimal_places=4, default=Decimal('0.0000'), max_digits=18, verbose_name='accepted'),
        ),
        migrations.AddField(
            model_name='receiptline',
            name='rejected',
            field=erp.fields.QuantityField(db_default=Decimal('0'), decimal_places=4, default=Decimal('0.0000'), max_digits=18, verbose_name='rejected'),
        ),
        migrations.AddField(
            model_name='receiptline',
            name='returned',
            field=erp.fields.QuantityField(db_default=Decimal('0'), decimal_places=4, default=Decimal('0.0000'), max_digits=18, verbose_name='returned'),
        ),
        migrations.AddField(
            model_name='supplier',
            name='address',
            field=models.CharField(blank=True, db_default='', default='', max_length=200, verbose_name='address'),
        ),
        migrations.AddField(
            model_name='supplier',
            name='bank',
            field=models.CharField(blank=True, db_default='', default='', max_length=200, verbose_name='bank and account'),
        ),
        migrations.AddField(
            model_name='supplier',
            name='currency',
            field=models.CharField(db_default='CNY', default='CNY', max_length=3, verbose_name='currency'),
        ),
        migrations.AddField(
            model_name='supplier',
            name='minimum_amount',
            field=erp.fields.MoneyField(db_default=Decimal('0'), decimal_places=2, default=Decimal('0.00'), help_text='Without tax. 0: none.', max_digits=18, verbose_name='minimum order amount'),
        ),
        migrations.AddField(
            model_name='supplier',
            name='note',
            field=models.TextField(blank=True, db_default='', default='', verbose_name='note'),
        ),
        migrations.AddField(
            model_name='supplier',
            name='payment_days',
            field=models.PositiveSmallIntegerField(db_default=30, default=30, verbose_name='payment term (days)'),
        ),
        migrations.AddField(
            model_name='supplier',
            name='tax_number',
            field=models.CharField(blank=True, db_default='', default='', max_length=18, verbose_name='unified social credit code'),
        ),
        migrations.AddField(
            model_name='supplier',
            name='terms',
            field=models.CharField(blank=True, db_default='', default='', max_length=200, verbose_name='terms'),
        ),
        migrations.AddField(
            model_name='supplierprice',
            name='is_preferred',
            field=models.BooleanField(db_default=False, default=False, verbose_name='preferred'),
        ),
        migrations.AddField(
            model_name='supplierprice',
            name='lead_days',
            field=models.PositiveSmallIntegerField(blank=True, help_text="Empty: the supplier's.", null=True, verbose_name='lead time (days)'),
        ),
        migrations.AddField(
            model_name='supplierprice',
            name='pack',
            field=erp.fields.QuantityField(db_default=Decimal('0'), decimal_places=4, default=Decimal('0.0000'), max_digits=18, verbose_name='pack multiple'),
        ),
        migrations.AddField(
            model_name='supplierprice',
            name='supplier_sku',
            field=models.CharField(blank=True, db_default='', default='', max_length=60, verbose_name="supplier's SKU"),
        ),
        migrations.AddField(
            model_name='supplierprice',
            name='valid_from',
            field=models.DateField(blank=True, null=True, verbose_name='valid from'),
        ),
        migrations.AddField(
            model_name='supplierprice',
            name='valid_to',
            field=models.DateField(blank=True, null=True, verbose_name='valid to'),
        ),
        migrations.AlterField(
            model_name='purchaseorder',
            name='status',
            field=django_fsm.FSMField(choices=[('draft', 'draft'), ('submitted', 'waiting for approval'), ('placed', 'ordered'), ('partly_received', 'partly received'), ('received', 'received in full'), ('closed', 'closed'), ('cancelled', 'cancelled')], default='draft', max_length=50, protected=True, verbose_name='status'),
        ),
        migrations.AlterField(
            model_name='supplierprice',
            name='product',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='supplier_prices', to='inventory.product', verbose_name='product'),
        ),
        migrations.AlterField(
            model_name='supplierprice',
            name='supplier',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='prices', to='inventory.supplier', verbose_name='supplier'),
        ),
        migrations.AddConstraint(
            model_name='purchaseline',
            constraint=models.CheckConstraint(condition=models.Q(('accepted__gte', 0), ('replaced__gte', 0), ('replaced__lte', models.F('returned')), ('returned__lte', models.F('rejected')), ('received__gte', django.db.models.expressions.CombinedExpression(models.F('accepted'), '+', models.F('rejected')))), name='purchaseline_quantities_add_up'),
        ),
        migrations.AddConstraint(
            model_name='purchaseorder',
            constraint=models.CheckConstraint(condition=models.Q(('rate', None), ('rate__gt', 0), _connector='OR'), name='purchaseorder_rate_positive'),
        ),
        migrations.AddConstraint(
            model_name='receiptline',
            constraint=models.CheckConstraint(condition=models.Q(('accepted__gte', 0), ('returned__gte', 0), ('returned__lte', models.F('rejected')), ('quantity__gte', django.db.models.expressions.CombinedExpression(models.F('accepted'), '+', models.F('rejected')))), name='receiptline_quantities_add_up'),
        ),
        migrations.AddConstraint(
            model_name='supplier',
            constraint=models.CheckConstraint(condition=models.Q(('minimum_amount__gte', 0)), name='supplier_minimum_amount_not_negative'),
        ),
        migrations.AddConstraint(
            model_name='supplierprice',
            constraint=models.UniqueConstraint(fields=('supplier', 'product', 'minimum', 'valid_from'), name='supplierprice_one_a_step', nulls_distinct=False),
        ),
        migrations.AddConstraint(
            model_name='supplierprice',
            constraint=models.CheckConstraint(condition=models.Q(('price__gte', 0), ('minimum__gte', 0), ('pack__gte', 0)), name='supplierprice_not_negative'),
        ),
        migrations.AddConstraint(
            model_name='supplierprice',
            constraint=models.CheckConstraint(condition=models.Q(('valid_from', None), ('valid_to', None), ('valid_to__gte', models.F('valid_from')), _connector='OR'), name='supplierprice_ends_after_it_begins'),
        ),
        migrations.AddField(
            model_name='inspection',
            name='by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='inspection',
            name='line',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='inspections', to='inventory.receiptline'),
        ),
        migrations.AddField(
            model_name='inspection',
            name='place',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='inventory.place'),
        ),
        migrations.AddField(
            model_name='latecost',
            name='by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='latecost',
            name='line',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='late_costs', to='inventory.receiptline'),
        ),
        migrations.AddField(
            model_name='purchasedemand',
            name='line',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='demands', to='inventory.purchaseline'),
        ),
        migrations.AddField(
            model_name='suppliercontact',
            name='supplier',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='contacts', to='inventory.supplier'),
        ),
        migrations.AddField(
            model_name='supplierreturn',
            name='created_by',
            field=models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='created by'),
        ),
        migrations.AddField(
            model_name='supplierreturn',
            name='order',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='returns', to='inventory.purchaseorder', verbose_name='purchase order'),
        ),
        migrations.AddField(
            model_name='supplierreturn',
            name='place',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='inventory.place', verbose_name='place'),
        ),
        migrations.AddField(
            model_name='supplierreturnline',
            name='document',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='lines', to='inventory.supplierreturn'),
        ),
        migrations.AddField(
            model_name='supplierreturnline',
            name='receipt_line',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='returns', to='inventory.receiptline'),
        ),
        migrations.AddConstraint(
            model_name='inspection',
            constraint=models.UniqueConstraint(condition=models.Q(('key', ''), _negated=True), fields=('line', 'key'), name='inspection_key'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='inspection',
            trigger=pgtrigger.compiler.Trigger(name='inspection_append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='c1ab6b38897954f17be805a825c281b7195b1f5d', operation='UPDATE OR DELETE', pgid='pgtrigger_inspection_append_only_b79db', table='inventory_inspection', when='BEFORE')),
        ),
        migrations.AddConstraint(
            model_name='latecost',
            constraint=models.UniqueConstraint(condition=models.Q(('key', ''), _negated=True), fields=('line', 'key'), name='latecost_key'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='latecost',
            trigger=pgtrigger.compiler.Trigger(name='latecost_append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='78a7438fe9be8482eab80acbc716ad3135d089ac', operation='UPDATE OR DELETE', pgid='pgtrigger_latecost_append_only_b32ca', table='inventory_latecost', when='BEFORE')),
        ),
        migrations.AddIndex(
            model_name='purchasedemand',
            index=models.Index(fields=['holder_type', 'holder_id'], name='purchasedemand_holder'),
        ),
        migrations.AddConstraint(
            model_name='purchasedemand',
            constraint=models.UniqueConstraint(fields=('line', 'holder_type', 'holder_id'), name='purchasedemand_line_holder'),
        ),
        migrations.AddConstraint(
            model_name='purchasedemand',
            constraint=models.CheckConstraint(condition=models.Q(('quantity__gt', 0), ('served__gte', 0), ('served__lte', models.F('quantity'))), name='purchasedemand_served_within_quantity'),
        ),
        migrations.AddConstraint(
            model_name='supplierreturn',
            constraint=models.UniqueConstraint(condition=models.Q(('key', ''), _negated=True), fields=('key',), name='supplierreturn_key'),
        ),
        migrations.AddConstraint(
            model_name='supplierreturnline',
            constraint=models.CheckConstraint(condition=models.Q(('quantity__gt', 0)), name='supplierreturnline_quantity_positive'),
        ),
    ]
