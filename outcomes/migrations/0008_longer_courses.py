"""The start and the end of each course, and sums of the items to verify: every subject is derived anew."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("outcomes", "0007_adjudication"), ("casebook", "0011_added_visits")]

    operations = [
        migrations.AddField("subjectcourse", "started_on", models.DateField(null=True)),
        migrations.AddField("subjectcourse", "ended_on", models.DateField(null=True)),
        migrations.RunSQL("DELETE FROM casebook_derivation", migrations.RunSQL.noop),
    ]
