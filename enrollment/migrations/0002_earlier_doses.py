import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("enrollment", "0001_forms"),
    ]

    operations = [
        migrations.AddField(
            model_name="priortherapy",
            name="amount",
            field=models.DecimalField(
                blank=True,
                decimal_places=2,
                help_text="of an anthracycline: all that was given; it counts towards the cumulative dose",
                max_digits=10,
                null=True,
                validators=[django.core.validators.MinValueValidator(0)],
                verbose_name="cumulative dose",
            ),
        ),
        migrations.AddField(
            model_name="priortherapy",
            name="amount_unit",
            field=models.CharField(
                blank=True,
                choices=[("mg/m2", "mg/m²"), ("mg", "mg")],
                default="",
                max_length=5,
                verbose_name="unit",
            ),
        ),
    ]
