from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [('shipping', '0004_waves_and_scans')]

    operations = [
        AddIndexConcurrently(
            model_name='picklist',
            index=models.Index(condition=models.Q(('wave__isnull', False)), fields=['wave', 'slot'], name='picklist_wave'),
        ),
    ]
