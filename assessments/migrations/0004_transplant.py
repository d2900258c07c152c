import trialsite.tables
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('assessments', '0003_forms_open_of_a_visit'),
    ]

    operations = [
        trialsite.tables.InOneStep(
            operations=[
                migrations.AddField(
                    model_name='chimerism',
                    name='told_by',
                    field=models.CharField(blank=True, choices=[('OWN', 'Our own records'), ('LETTER', 'Discharge letter of another hospital'), ('PHONE', 'Telephone')], default='', help_text='empty: our own records', max_length=30, verbose_name='Source of this information'),
                ),
                migrations.AddField(
                    model_name='engraftment',
                    name='told_by',
                    field=models.CharField(blank=True, choices=[('OWN', 'Our own records'), ('LETTER', 'Discharge letter of another hospital'), ('PHONE', 'Telephone')], default='', help_text='empty: our own records', max_length=30, verbose_name='Source of this information'),
                ),
                migrations.AlterField(
                    model_name='chimerism',
                    name='specimen',
                    field=models.CharField(blank=True, choices=[('BLOOD', 'Blood'), ('MARROW', 'Marrow'), ('T_CELLS', 'T cells'), ('CD34', 'CD34-positive cells')], default='', max_length=30, verbose_name='Specimen'),
                ),
            ],
        ),
    ]
