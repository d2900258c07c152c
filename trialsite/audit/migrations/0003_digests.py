import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("audit", "0002_reading_by_table_and_time")]

    operations = [
        migrations.CreateModel(
            name="Digest",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("at", models.DateTimeField()),
                ("chains", models.BigIntegerField()),
                ("previous", models.TextField()),
                ("digest", models.TextField()),
            ],
            options={"db_table": "audit_digest"},
        ),
        migrations.CreateModel(
            name="DigestHead",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("chain", models.TextField()),
                ("position", models.BigIntegerField()),
                ("hash", models.BinaryField()),
                (
                    "digest",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="heads", to="audit.digest"
                    ),
                ),
            ],
            options={"db_table": "audit_digest_head"},
        ),
        migrations.AddConstraint(
            model_name="digesthead",
            constraint=models.UniqueConstraint(fields=["chain", "digest"], name="digest_head_once"),
        ),
    ]
