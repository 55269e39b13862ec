import django.contrib.postgres.indexes
import django.db.models.deletion
import django.db.models.functions.text
import django.utils.timezone
import django_fsm
import erp.fields
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('inventory', '0001_initial'),
        ('orders', '0004_entered_unit'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterModelOptions(
            name='salesorder',
            options={'permissions': [('approve_salesorder', 'Can approve and reject orders'), ('resubmit_salesorder', 'Can correct and resubmit rejected orders'), ('cancel_salesorder', 'Can cancel orders'), ('hold_salesorder', 'Can hold and release orders'), ('view_all_orders', 'Can see orders and customers of every salesperson'), ('view_margin', 'Can see cost and margin'), ('split_salesorder', 'Can split orders'), ('merge_salesorder', 'Can merge orders')], 'verbose_name': 'sales order', 'verbose_name_plural': 'sales orders'},
        ),
        migrations.CreateModel(
            name='OrderLink',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('split', 'Split order'), ('merge', 'Merged order')], max_length=10, verbose_name='kind')),
                ('at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='at')),
                ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('source', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='went_to', to='orders.salesorder')),
                ('target', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='came_from', to='orders.salesorder')),
            ],
            options={
                'verbose_name': 'split or merged order',
                'verbose_name_plural': 'split and merged orders',
            },
        ),
        migrations.CreateModel(
            name='Project',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='created at')),
                ('status_since', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='in this state since')),
                ('number', models.CharField(max_length=30, unique=True, verbose_name='project number')),
                ('name', models.CharField(max_length=120, verbose_name='name')),
                ('status', django_fsm.FSMField(choices=[('active', 'active'), ('closed', 'closed')], default='active', max_length=50, protected=True, verbose_name='status')),
                ('starts_on', models.DateField(blank=True, null=True, verbose_name='begins on')),
                ('ends_on', models.DateField(blank=True, null=True, verbose_name='ends on')),
                ('budget', erp.fields.MoneyField(blank=True, decimal_places=2, default=None, max_digits=18, null=True, verbose_name='budget')),
                ('note', models.TextField(blank=True, max_length=2000, verbose_name='note')),
                ('created_by', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='created by')),
                ('customer', models.ForeignKey(blank=True, help_text='Empty: orders of any customer may belong to it.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='projects', to='orders.customer', verbose_name='customer')),
                ('owner', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='project manager')),
            ],
            options={
                'verbose_name': 'project',
                'verbose_name_plural': 'projects',
            },
        ),
        migrations.AddField(
            model_name='salesorder',
            name='project',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='orders', to='orders.project', verbose_name='project'),
        ),
        migrations.AddConstraint(
            model_name='orderlink',
            constraint=models.UniqueConstraint(fields=('kind', 'source', 'target'), name='orderlink_once'),
        ),
        migrations.AddConstraint(
            model_name='orderlink',
            constraint=models.CheckConstraint(condition=models.Q(('source', models.F('target')), _negated=True), name='orderlink_not_itself'),
        ),
        migrations.AddIndex(
            model_name='project',
            index=models.Index(fields=['status', '-id'], name='project_status'),
        ),
        migrations.AddIndex(
            model_name='project',
            index=django.contrib.postgres.indexes.GinIndex(django.contrib.postgres.indexes.OpClass(django.db.models.functions.text.Upper('number'), name='gin_trgm_ops'), django.contrib.postgres.indexes.OpClass(django.db.models.functions.text.Upper('name'), name='gin_trgm_ops'), name='project_search'),
        ),
        migrations.AddConstraint(
            model_name='project',
            constraint=models.CheckConstraint(condition=models.Q(('starts_on', None), ('ends_on', None), ('ends_on__gte', models.F('starts_on')), _connector='OR'), name='project_ends_after_start'),
        ),
        migrations.AddConstraint(
            model_name='project',
            constraint=models.CheckConstraint(condition=models.Q(('budget', None), ('budget__gte', 0), _connector='OR'), name='project_budget_not_negative'),
        ),
    ]
