import django.core.validators
import trialsite.tables
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('treatment', '0001_forms'),
    ]

    operations = [
        trialsite.tables.InOneStep(
            operations=[migrations.AddField(
                model_name='concomitantmedication',
                name='amount',
                field=models.DecimalField(blank=True, decimal_places=3, max_digits=10, null=True, validators=[django.core.validators.MinValueValidator(0)], verbose_name='one dose'),
            ), migrations.AddField(
                model_name='concomitantmedication',
                name='per_day',
                field=models.DecimalField(blank=True, decimal_places=2, help_text='0.5 is every other day; for a single dose 1, with the same day as start and stop', max_digits=5, null=True, validators=[django.core.validators.MinValueValidator(0), django.core.validators.MaxValueValidator(48)], verbose_name='doses a day'),
            ), migrations.AddField(
                model_name='concomitantmedication',
                name='unit',
                field=models.CharField(blank=True, choices=[('mg', 'mg'), ('g', 'g'), ('ug', 'µg'), ('mL', 'mL'), ('IU', 'IU'), ('MIU', 'million IU'), ('unit', 'tablets, capsules or other units')], default='', max_length=10, verbose_name='unit'),
            ), migrations.AlterField(
                model_name='concomitantmedication',
                name='dose',
                field=models.CharField(blank=True, default='', help_text='in words, where numbers do not say it: as needed, tapering', max_length=100, verbose_name='dose and frequency'),
            ), migrations.AlterField(
                model_name='concomitantmedication',
                name='inhibitor',
                field=models.CharField(blank=True, choices=[('NONE', 'None or weak'), ('MODERATE', 'Moderate CYP3A or P-gp inhibitor'), ('STRONG', 'Strong CYP3A inhibitor'), ('POSACONAZOLE', 'Posaconazole')], default='', help_text='empty: as the dictionary of medicines has it', max_length=12, verbose_name='CYP3A inhibitor'),
            ), migrations.AlterField(
                model_name='concomitantmedication',
                name='medicine',
                field=models.CharField(help_text='choose from the list, or type any other name', max_length=120, verbose_name='medicine'),
            ), migrations.AlterField(
                model_name='concomitantmedication',
                name='route',
                field=models.CharField(blank=True, choices=[('ORAL', 'By mouth'), ('IV', 'Intravenous'), ('IM', 'Intramuscular'), ('SC', 'Subcutaneous'), ('TOPICAL', 'On the skin'), ('INHALED', 'Inhaled'), ('IT', 'Intrathecal'), ('EYE', 'In the eye'), ('RECTAL', 'Rectal'), ('OTHER', 'Other')], default='', max_length=40, verbose_name='route'),
            )],
        ),
    ]
