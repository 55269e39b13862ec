# Changes of confirmed orders, and approval steps that belong to one.

import django.db.models.deletion
import django.utils.timezone
import django_fsm
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('orders', '0016_grant_assigning_and_restoring'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Amendment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='created at')),
                ('status_since', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='in this state since')),
                ('number', models.CharField(max_length=40, unique=True, verbose_name='number')),
                ('status', django_fsm.FSMField(choices=[('draft', 'draft'), ('submitted', 'to be decided'), ('applied', 'in force'), ('rejected', 'rejected'), ('withdrawn', 'withdrawn')], default='draft', max_length=50, protected=True, verbose_name='status')),
                ('serial', models.PositiveSmallIntegerField(verbose_name='serial number')),
                ('base_version', models.PositiveIntegerField(verbose_name='changes version')),
                ('new_version', models.PositiveIntegerField(blank=True, null=True, verbose_name='made version')),
                ('before', models.JSONField(verbose_name='before')),
                ('after', models.JSONField(verbose_name='after')),
                ('effect', models.JSONField(default=list, verbose_name='effect')),
                ('needs', models.JSONField(default=list, verbose_name='needs approval because of')),
                ('stops_shipping', models.BooleanField(default=False, verbose_name='nothing is handed over meanwhile')),
                ('reason', models.TextField(max_length=1000, verbose_name='reason')),
                ('revision', models.PositiveIntegerField(default=0, editable=False)),
                ('created_by', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='created by')),
                ('order', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='amendments', to='orders.salesorder', verbose_name='order')),
            ],
            options={
                'verbose_name': 'order change',
                'verbose_name_plural': 'order changes',
                'ordering': ['serial'],
            },
        ),
        migrations.AddField(
            model_name='approvalstep',
            name='amendment',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='approvals', to='orders.amendment'),
        ),
        migrations.AddIndex(
            model_name='amendment',
            index=models.Index(condition=models.Q(('status', 'submitted')), fields=['order'], name='amendment_to_decide'),
        ),
        migrations.AddConstraint(
            model_name='amendment',
            constraint=models.UniqueConstraint(fields=('order', 'serial'), name='amendment_order_serial'),
        ),
        migrations.AddConstraint(
            model_name='amendment',
            constraint=models.UniqueConstraint(condition=models.Q(('status__in', ['draft', 'submitted'])), fields=('order',), name='amendment_one_open_per_order'),
        ),
    ]
