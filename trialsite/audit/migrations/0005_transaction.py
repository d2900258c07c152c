from django.db import migrations, models


class Migration(migrations.Migration):
    """Older entries are of transaction 0: all of them have ended, and stand in the order of their numbers."""

    dependencies = [("audit", "0004_prompt")]

    operations = [
        migrations.AddField(
            model_name="trail", name="transaction", field=models.BigIntegerField(db_default=0, default=0)
        ),
        migrations.AddIndex(
            model_name="trail", index=models.Index(fields=["transaction", "id"], name="trail_transaction")
        ),
    ]
