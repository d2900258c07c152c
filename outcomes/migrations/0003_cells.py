import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('casebook', '0011_added_visits'),
        ('outcomes', '0002_calls'),
        ('studies', '0003_activations'),
    ]

    operations = [
        migrations.CreateModel(
            name='SubjectCell',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('topic', models.CharField(max_length=20)),
                ('line', models.CharField(blank=True, default='', max_length=200)),
                ('level', models.CharField(blank=True, default='', max_length=40)),
                ('n', models.PositiveIntegerField(default=1)),
                ('value', models.DecimalField(decimal_places=4, max_digits=20, null=True)),
                ('site', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='studies.site')),
                ('study', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='studies.study')),
                ('subject', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='casebook.subject')),
            ],
            options={
                'indexes': [models.Index(fields=['study', 'topic'], name='cell_of_study')],
                'constraints': [models.UniqueConstraint(fields=('subject', 'topic', 'line', 'level'), name='subject_once_in_a_cell')],
            },
        ),
        migrations.RunSQL('DELETE FROM casebook_derivation', migrations.RunSQL.noop),  # derived anew, with their cells
    ]
