"""Finds products by one or two characters anywhere in SKU, name or initials; built without stopping the house.

Trigrams find so little only at the beginning of a word, and 螺栓 stands inside most names that have it.
"""

from django.db import migrations

FUNCTION = """
CREATE OR REPLACE FUNCTION product_short_words(sku text, name text, initials text) RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT array_agg(DISTINCT substr(whole, place, size))
    FROM (SELECT upper(part) AS whole FROM unnest(ARRAY[sku, name, initials]) AS part) AS parts,
         generate_series(1, length(whole)) AS place, generate_series(1, 2) AS size
$$
"""


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("inventory", "0007_count_rights")]

    operations = [
        migrations.RunSQL(
            FUNCTION,
            "DROP FUNCTION IF EXISTS product_short_words(text, text, text)",
        ),
        migrations.RunSQL(
            "CREATE INDEX CONCURRENTLY IF NOT EXISTS product_short_words ON inventory_product"
            " USING gin (product_short_words(sku, name, initials))",
            "DROP INDEX CONCURRENTLY IF EXISTS product_short_words",
        ),
    ]
