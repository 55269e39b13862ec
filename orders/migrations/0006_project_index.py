from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("orders", "0005_split_merge_projects")]

    operations = [
        AddIndexConcurrently(
            model_name="salesorder",
            index=models.Index(condition=models.Q(('project__isnull', False)), fields=['project', '-id'], name='salesorder_project'),
        ),
    ]
