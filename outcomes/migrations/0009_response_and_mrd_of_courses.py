"""The best response and the last MRD of each course: every subject is derived anew."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("outcomes", "0008_longer_courses"), ("casebook", "0011_added_visits")]

    operations = [
        migrations.AddField("subjectcourse", "best_response", models.CharField(blank=True, default="", max_length=40)),
        migrations.AddField("subjectcourse", "last_mrd", models.CharField(blank=True, default="", max_length=20)),
        migrations.RunSQL("DELETE FROM casebook_derivation", migrations.RunSQL.noop),
    ]
