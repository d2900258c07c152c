import django.db.models.deletion
import trialsite.tables
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('treatment', '0007_plan'),
    ]

    operations = [
        trialsite.tables.InOneStep(
            operations=[
                migrations.AddField(
                    model_name='treatmentstep',
                    name='decide_on',
                    field=models.DateField(null=True),
                ),
                migrations.AddField(
                    model_name='treatmentstep',
                    name='over_on',
                    field=models.DateField(null=True),
                ),
                migrations.AddField(
                    model_name='treatmentstep',
                    name='unended',
                    field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='treatment.cyclestart'),
                ),
            ],
        ),
    ]
