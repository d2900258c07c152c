import django.db.models.deletion
import trialsite.keys
import trialsite.tables
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('casebook', '0011_added_visits'),
        ('studies', '0003_activations'),
        ('treatment', '0003_transplant'),
    ]

    operations = [
        trialsite.tables.InOneStep(operations=[
            migrations.AddField(
                model_name='blinatumomabinfusion',
                name='premedication_listed',
                field=models.BooleanField(blank=True, help_text='yes, and none listed: none was given', null=True, verbose_name='All premedication before these stretches is listed below'),
            ),
            migrations.AddField(
                model_name='infusionsegment',
                name='bag',
                field=models.CharField(blank=True, choices=[('24H', '24 hours (10 mL/h)'), ('48H', '48 hours (5 mL/h)'), ('72H', '72 hours'), ('96H', '96 hours'), ('7D', '7 days (0.6 mL/h)')], default='', help_text='from its start the next change is counted', max_length=3, verbose_name='bag'),
            ),
            migrations.CreateModel(
                name='Premedication',
                fields=[
                    ('id', models.UUIDField(default=trialsite.keys.new_id, editable=False, primary_key=True, serialize=False)),
                    ('line', models.PositiveSmallIntegerField(editable=False)),
                    ('voided', models.BooleanField(default=False, editable=False)),
                    ('extra', models.JSONField(blank=True, default=dict, editable=False)),
                    ('drug', models.CharField(choices=[('DEXAMETHASONE', 'Dexamethasone'), ('PREDNISONE', 'Prednisone, prednisolone'), ('METHYLPREDNISOLONE', 'Methylprednisolone'), ('PARACETAMOL', 'Paracetamol'), ('ANTIHISTAMINE', 'Antihistamine'), ('OTHER', 'Other: say what in the remarks')], max_length=20, verbose_name='drug')),
                    ('dose', models.DecimalField(blank=True, decimal_places=2, max_digits=7, null=True, verbose_name='dose')),
                    ('given_at', models.DateTimeField(blank=True, null=True, verbose_name='given at')),
                    ('record', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='premedication', to='treatment.blinatumomabinfusion')),
                    ('site', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='studies.site')),
                    ('study', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='studies.study')),
                    ('subject', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='casebook.subject')),
                ],
                options={
                    'ordering': ['line'],
                    'abstract': False,
                    'constraints': [models.UniqueConstraint(fields=('record', 'line'), name='premedication_line')],
                },
            ),
        ]),
    ]
