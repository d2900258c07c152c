"""How many required forms of a begun visit are open; the planned visits of all subjects are derived anew."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('assessments', '0002_assessments_in_full'),
        ('casebook', '0011_added_visits'),
        ('studies', '0003_activations'),
    ]

    operations = [
        migrations.AddField(
            model_name='plannedvisit',
            name='open_forms',
            field=models.PositiveSmallIntegerField(default=0),
        ),
        migrations.AddIndex(
            model_name='plannedvisit',
            index=models.Index(condition=models.Q(('done_on__isnull', False), ('open_forms__gt', 0)), fields=['latest', 'id'], name='planned_visit_begun'),
        ),
        migrations.RunSQL("DELETE FROM casebook_derivation", migrations.RunSQL.noop),
    ]
