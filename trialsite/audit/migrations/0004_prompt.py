from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("audit", "0003_digests")]

    operations = [
        migrations.AddField(
            model_name="trail", name="prompt", field=models.TextField(db_default="", default="")
        ),
    ]
