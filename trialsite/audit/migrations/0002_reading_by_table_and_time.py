from django.contrib.postgres.indexes import BrinIndex
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial")]

    operations = [
        migrations.AddIndex(
            model_name="trail", index=models.Index(fields=["table_name", "id"], name="trail_table")
        ),
        migrations.AddIndex(model_name="trail", index=BrinIndex(fields=["at"], name="trail_at")),
    ]
