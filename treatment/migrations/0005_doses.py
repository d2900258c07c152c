from decimal import Decimal
import trialsite.tables
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('treatment', '0004_infusion_ledger'),
    ]

    operations = [
        trialsite.tables.InOneStep(
            operations=[
                migrations.AddField(
                    model_name='cyclestart',
                    name='child_pugh',
                    field=models.CharField(blank=True, choices=[('NONE', 'No cirrhosis'), ('A', 'A'), ('B', 'B'), ('C', 'C')], default='', max_length=4, verbose_name='Child-Pugh class'),
                ),
                migrations.AddField(
                    model_name='cyclestart',
                    name='dose_level',
                    field=models.DecimalField(blank=True, decimal_places=2, help_text='share of the full dose; empty: the full dose', max_digits=3, null=True, verbose_name='dose level'),
                ),
                migrations.AddField(
                    model_name='cyclestart',
                    name='dose_level_reason',
                    field=models.CharField(blank=True, choices=[('TOX', 'Toxicity'), ('CAP', 'Capped'), ('OBESITY', 'Obesity'), ('RENAL', 'Renal function'), ('HEPATIC', 'Hepatic function'), ('ERROR', 'Error'), ('OTHER', 'Other: say what')], default='', max_length=10, verbose_name='why not the full dose'),
                ),
                migrations.AddField(
                    model_name='cyclestart',
                    name='weighed_on',
                    field=models.DateField(blank=True, null=True, verbose_name='weighed on'),
                ),
                migrations.AddField(
                    model_name='doseplan',
                    name='dose_level',
                    field=models.DecimalField(decimal_places=2, default=Decimal('1'), max_digits=3),
                ),
                migrations.AddField(
                    model_name='doseplan',
                    name='from_day',
                    field=models.PositiveSmallIntegerField(default=1),
                ),
                migrations.AddField(
                    model_name='planneddose',
                    name='reasons',
                    field=models.JSONField(default=list),
                ),
                migrations.AlterField(
                    model_name='planneddose',
                    name='working_en',
                    field=models.CharField(max_length=600),
                ),
                migrations.AlterField(
                    model_name='planneddose',
                    name='working_zh',
                    field=models.CharField(max_length=600),
                ),
            ]
        ),
    ]
