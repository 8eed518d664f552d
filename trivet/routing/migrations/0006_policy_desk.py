import django.contrib.postgres.indexes
import django.db.models.deletion
import trivet.journal.models
import trivet.lib.ids
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('routing', '0005_edited'),
    ]

    operations = [
        migrations.AddField(
            model_name='routingpolicy',
            name='base',
            field=models.IntegerField(default=0),
        ),
        migrations.AddField(
            model_name='routingpolicy',
            name='changed_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='routingpolicy',
            name='changed_by',
            field=models.TextField(blank=True),
        ),
        migrations.AddField(
            model_name='routingpolicy',
            name='edition',
            field=models.IntegerField(default=1),
        ),
        migrations.AddField(
            model_name='routingpolicy',
            name='repeats',
            field=models.IntegerField(null=True),
        ),
        migrations.AddField(
            model_name='routingpolicy',
            name='state',
            field=models.TextField(default='draft'),
        ),
        migrations.AddField(
            model_name='routingpolicy',
            name='stored_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='routingpolicy',
            name='stored_by',
            field=models.TextField(blank=True),
        ),
        migrations.AddField(
            model_name='routingpolicy',
            name='unsimulated',
            field=models.TextField(blank=True),
        ),
        migrations.AddField(
            model_name='routingpolicy',
            name='withdrawn_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='routingpolicy',
            name='withdrawn_by',
            field=models.TextField(blank=True),
        ),
        # What was stored before there were drafts is a version.
        migrations.RunSQL(
            "UPDATE routing_routingpolicy SET state = 'stored', stored_by = made_by, stored_at = made_at",
            migrations.RunSQL.noop,
        ),
        migrations.AlterField(
            model_name='routingpolicy',
            name='active_from',
            field=models.DateTimeField(null=True),
        ),
        migrations.AlterField(
            model_name='routingpolicy',
            name='version',
            field=models.IntegerField(null=True, unique=True),
        ),
        migrations.CreateModel(
            name='Simulation',
            fields=[
                ('id', models.UUIDField(default=trivet.lib.ids.new_id, primary_key=True, serialize=False)),
                ('kind', models.TextField(default='past')),
                ('edition', models.IntegerField()),
                ('rules', models.JSONField()),
                ('against', models.IntegerField()),
                ('against_rules', models.JSONField()),
                ('begin', models.DateTimeField()),
                ('until', models.DateTimeField()),
                ('target_days', models.IntegerField()),
                ('state', models.TextField(default='waiting')),
                ('done', models.IntegerField(default=0)),
                ('total', models.IntegerField(default=0)),
                ('result', models.JSONField(null=True)),
                ('error', models.TextField(blank=True)),
                ('position', models.UUIDField(null=True)),
                ('asked_by', models.TextField()),
                ('asked_at', models.DateTimeField()),
                ('finished_at', models.DateTimeField(null=True)),
                ('policy', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='routing.routingpolicy')),
            ],
        ),
        migrations.CreateModel(
            name='SimulatedOrder',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('plans', trivet.journal.models.Document()),
                ('decision', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='routing.routingdecision')),
                ('simulation', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='routing.simulation')),
            ],
        ),
        migrations.AddField(
            model_name='routingpolicy',
            name='simulation',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='routing.simulation'),
        ),
        migrations.AddConstraint(
            model_name='routingpolicy',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ('draft', 'stored', 'withdrawn'))), name='routing_policy_state'),
        ),
        migrations.AddConstraint(
            model_name='routingpolicy',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'draft'), ('version__isnull', True)), models.Q(('active_from__isnull', False), ('state', 'stored'), ('version__isnull', False)), ('state', 'withdrawn'), _connector='OR'), name='routing_policy_numbered'),
        ),
        migrations.AddIndex(
            model_name='simulation',
            index=models.Index(fields=['-asked_at'], name='simulation_newest'),
        ),
        migrations.AddConstraint(
            model_name='simulation',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ('waiting', 'running', 'done', 'stopped'))), name='simulation_state'),
        ),
        migrations.AddConstraint(
            model_name='simulation',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['past', 'shadow'])), name='simulation_kind'),
        ),
        migrations.AddConstraint(
            model_name='simulation',
            constraint=models.UniqueConstraint(condition=models.Q(('kind', 'shadow'), ('state', 'running')), fields=('policy',), name='shadow_once'),
        ),
        migrations.AddIndex(
            model_name='simulatedorder',
            index=models.Index(fields=['simulation', 'id'], name='simulated_orders'),
        ),
        migrations.AddIndex(
            model_name='routingdecision',
            index=django.contrib.postgres.indexes.BrinIndex(fields=['at'], name='decision_when', autosummarize=True, pages_per_range=32),
        ),
    ]
