"""Products below their reorder point, kept by triggers; the function they share, and what is low today."""

import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

COUNT = """
CREATE FUNCTION inventory_count_low(products bigint[]) RETURNS void LANGUAGE sql AS $$
WITH counted AS (
    SELECT product.id, coalesce((
        SELECT sum(item.on_hand - item.reserved)
        FROM inventory_stockitem item JOIN inventory_place place ON place.id = item.place_id AND place.kind = 'bin'
        WHERE item.product_id = product.id
    ), 0) < product.reorder_point AS low
    FROM inventory_product product WHERE product.id = ANY (products)
), gone AS (
    DELETE FROM inventory_lowstock known USING counted WHERE known.product_id = counted.id AND NOT counted.low
)
INSERT INTO inventory_lowstock (product_id)
SELECT id FROM counted WHERE low AND NOT EXISTS (SELECT FROM inventory_lowstock known WHERE known.product_id = counted.id)
ORDER BY id ON CONFLICT DO NOTHING
$$
"""
FILL = "SELECT inventory_count_low(array_agg(id)) FROM inventory_product"


class Migration(migrations.Migration):

    dependencies = [
        ('inventory', '0012_adjustment_rights'),
    ]

    operations = [
        migrations.CreateModel(
            name='LowStock',
            fields=[
                ('product', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='low', serialize=False, to='inventory.product', verbose_name='product')),
            ],
            options={
                'verbose_name': 'low stock',
                'verbose_name_plural': 'low stock',
            },
        ),
        migrations.RunSQL(COUNT, "DROP FUNCTION inventory_count_low"),
        pgtrigger.migrations.AddTrigger(
            model_name='place',
            trigger=pgtrigger.compiler.Trigger(name='place_low_kind', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."kind" IS DISTINCT FROM (NEW."kind"))', func='PERFORM inventory_count_low(ARRAY(SELECT DISTINCT product_id FROM inventory_stockitem WHERE place_id = NEW.id)); RETURN NULL;', hash='98fa3f969623253919a335048800983647fd3c15', operation='UPDATE', pgid='pgtrigger_place_low_kind_0600a', table='inventory_place', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='product',
            trigger=pgtrigger.compiler.Trigger(name='product_low_insert', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (NEW."reorder_point" > 0)', func='PERFORM inventory_count_low(ARRAY[NEW.id]); RETURN NULL;', hash='29c5820b2293b6a4fa685f8ac9d8d38cb668ef7c', operation='INSERT', pgid='pgtrigger_product_low_insert_0e095', table='inventory_product', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='product',
            trigger=pgtrigger.compiler.Trigger(name='product_low_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."reorder_point" IS DISTINCT FROM (NEW."reorder_point"))', func='PERFORM inventory_count_low(ARRAY[NEW.id]); RETURN NULL;', hash='d80889a29fefda871f4ee775bd49c54f3e349c89', operation='UPDATE', pgid='pgtrigger_product_low_update_318c6', table='inventory_product', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='stockitem',
            trigger=pgtrigger.compiler.Trigger(name='stockitem_low_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='PERFORM inventory_count_low(ARRAY(SELECT DISTINCT product_id FROM changed)); RETURN NULL;', hash='9f78ef2266909486a0ff92ea300f92a1dbcd5f67', level='STATEMENT', operation='INSERT', pgid='pgtrigger_stockitem_low_insert_dacd5', referencing='REFERENCING NEW TABLE AS changed ', table='inventory_stockitem', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='stockitem',
            trigger=pgtrigger.compiler.Trigger(name='stockitem_low_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='PERFORM inventory_count_low(ARRAY(SELECT DISTINCT product_id FROM changed)); RETURN NULL;', hash='00fd75cabd2aec1e8710d6b8fd1daf814ea62b8d', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_stockitem_low_update_568f6', referencing='REFERENCING NEW TABLE AS changed ', table='inventory_stockitem', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='stockitem',
            trigger=pgtrigger.compiler.Trigger(name='stockitem_low_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='PERFORM inventory_count_low(ARRAY(SELECT DISTINCT product_id FROM changed)); RETURN NULL;', hash='2846f3cf20d21a8d8f84c0f8f4d3769429c4972c', level='STATEMENT', operation='DELETE', pgid='pgtrigger_stockitem_low_delete_fb274', referencing='REFERENCING OLD TABLE AS changed ', table='inventory_stockitem', when='AFTER')),
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
    ]
