from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("orders", "0010_tag_rights")]

    operations = [migrations.RunSQL("CREATE SEQUENCE number_project", "DROP SEQUENCE number_project")]
