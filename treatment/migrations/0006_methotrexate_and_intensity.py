import django.core.validators
import django.db.models.deletion
import trialsite.keys
import trialsite.tables
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("casebook", "0011_added_visits"),
        ("studies", "0003_activations"),
        ("treatment", "0005_doses"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        trialsite.tables.InOneStep(
            operations=[
                migrations.CreateModel(
                    name="MethotrexateInfusion",
                    fields=[
                        (
                            "id",
                            models.UUIDField(
                                default=trialsite.keys.new_id,
                                editable=False,
                                primary_key=True,
                                serialize=False,
                            ),
                        ),
                        ("form_key", models.CharField(editable=False, max_length=20)),
                        ("form_repeat", models.PositiveSmallIntegerField(default=1, editable=False)),
                        (
                            "state",
                            models.CharField(
                                choices=[("submitted", "Submitted"), ("voided", "Voided")],
                                default="submitted",
                                editable=False,
                                max_length=12,
                            ),
                        ),
                        ("version", models.PositiveIntegerField(default=1, editable=False)),
                        ("performed_on", models.DateField(blank=True, null=True, verbose_name="date")),
                        ("extra", models.JSONField(blank=True, default=dict, editable=False)),
                        ("missing", models.JSONField(blank=True, default=dict, editable=False)),
                        ("start", models.DateTimeField(verbose_name="start of the infusion")),
                        (
                            "end",
                            models.DateTimeField(
                                blank=True,
                                help_text="enter it when the infusion is over",
                                null=True,
                                verbose_name="end of the infusion",
                            ),
                        ),
                        (
                            "planned_hours",
                            models.DecimalField(
                                decimal_places=2,
                                help_text="it decides which table of levels holds until the end is entered",
                                max_digits=5,
                                validators=[
                                    django.core.validators.MinValueValidator(0),
                                    django.core.validators.MaxValueValidator(72),
                                ],
                                verbose_name="planned duration",
                            ),
                        ),
                        (
                            "dose",
                            models.DecimalField(
                                blank=True,
                                decimal_places=1,
                                max_digits=8,
                                null=True,
                                validators=[django.core.validators.MinValueValidator(0)],
                                verbose_name="dose",
                            ),
                        ),
                        (
                            "urine_ph",
                            models.DecimalField(
                                blank=True,
                                decimal_places=2,
                                max_digits=4,
                                null=True,
                                validators=[
                                    django.core.validators.MinValueValidator(4),
                                    django.core.validators.MaxValueValidator(9),
                                ],
                                verbose_name="urine pH before the start",
                            ),
                        ),
                        (
                            "effusion",
                            models.BooleanField(
                                blank=True,
                                null=True,
                                verbose_name="pleural effusion or ascites before the start",
                            ),
                        ),
                        ("comment", models.TextField(blank=True, default="", verbose_name="remarks")),
                        (
                            "protocol_version",
                            models.ForeignKey(
                                editable=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="studies.protocolversion",
                            ),
                        ),
                        (
                            "site",
                            models.ForeignKey(
                                editable=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="studies.site",
                            ),
                        ),
                        (
                            "study",
                            models.ForeignKey(
                                editable=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="studies.study",
                            ),
                        ),
                        (
                            "subject",
                            models.ForeignKey(
                                editable=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="casebook.subject",
                            ),
                        ),
                        (
                            "visit",
                            models.ForeignKey(
                                editable=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="casebook.visit",
                            ),
                        ),
                    ],
                    options={
                        "indexes": [
                            models.Index(fields=["subject", "form_key"], name="methotrexateinfusion_subject")
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(("state", "voided"), _negated=True),
                                fields=("visit", "form_key", "form_repeat"),
                                name="methotrexateinfusion_one_per_slot",
                            )
                        ],
                        "abstract": False,
                    },
                ),
                migrations.CreateModel(
                    name="LeucovorinDose",
                    fields=[
                        (
                            "id",
                            models.UUIDField(
                                default=trialsite.keys.new_id,
                                editable=False,
                                primary_key=True,
                                serialize=False,
                            ),
                        ),
                        ("line", models.PositiveSmallIntegerField(editable=False)),
                        ("voided", models.BooleanField(default=False, editable=False)),
                        ("extra", models.JSONField(blank=True, default=dict, editable=False)),
                        ("given_at", models.DateTimeField(verbose_name="given at")),
                        (
                            "dose",
                            models.DecimalField(
                                decimal_places=1,
                                max_digits=7,
                                validators=[django.core.validators.MinValueValidator(0)],
                                verbose_name="dose",
                            ),
                        ),
                        (
                            "route",
                            models.CharField(
                                choices=[("IV", "Intravenous"), ("IM", "Intramuscular"), ("PO", "By mouth")],
                                max_length=4,
                                verbose_name="route",
                            ),
                        ),
                        (
                            "site",
                            models.ForeignKey(
                                editable=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="studies.site",
                            ),
                        ),
                        (
                            "study",
                            models.ForeignKey(
                                editable=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="studies.study",
                            ),
                        ),
                        (
                            "subject",
                            models.ForeignKey(
                                editable=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="casebook.subject",
                            ),
                        ),
                        (
                            "record",
                            models.ForeignKey(
                                editable=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="leucovorin",
                                to="treatment.methotrexateinfusion",
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(fields=("record", "line"), name="leucovorindose_line")
                        ],
                        "ordering": ["line"],
                        "abstract": False,
                    },
                ),
                migrations.CreateModel(
                    name="MethotrexateLevel",
                    fields=[
                        (
                            "id",
                            models.UUIDField(
                                default=trialsite.keys.new_id,
                                editable=False,
                                primary_key=True,
                                serialize=False,
                            ),
                        ),
                        ("line", models.PositiveSmallIntegerField(editable=False)),
                        ("voided", models.BooleanField(default=False, editable=False)),
                        ("extra", models.JSONField(blank=True, default=dict, editable=False)),
                        ("drawn_at", models.DateTimeField(verbose_name="drawn at")),
                        (
                            "from_line",
                            models.BooleanField(
                                null=True, verbose_name="drawn from the infusion line (not valid)"
                            ),
                        ),
                        ("level_text", models.CharField(blank=True, default="", max_length=40)),
                        ("level_comparator", models.CharField(blank=True, default="", max_length=2)),
                        (
                            "level_value",
                            models.DecimalField(blank=True, decimal_places=10, max_digits=24, null=True),
                        ),
                        ("level_unit", models.CharField(blank=True, default="", max_length=30)),
                        (
                            "level_canonical",
                            models.DecimalField(blank=True, decimal_places=10, max_digits=24, null=True),
                        ),
                        ("creatinine_text", models.CharField(blank=True, default="", max_length=40)),
                        ("creatinine_comparator", models.CharField(blank=True, default="", max_length=2)),
                        (
                            "creatinine_value",
                            models.DecimalField(blank=True, decimal_places=10, max_digits=24, null=True),
                        ),
                        ("creatinine_unit", models.CharField(blank=True, default="", max_length=30)),
                        (
                            "creatinine_canonical",
                            models.DecimalField(blank=True, decimal_places=10, max_digits=24, null=True),
                        ),
                        (
                            "record",
                            models.ForeignKey(
                                editable=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="levels",
                                to="treatment.methotrexateinfusion",
                            ),
                        ),
                        (
                            "site",
                            models.ForeignKey(
                                editable=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="studies.site",
                            ),
                        ),
                        (
                            "study",
                            models.ForeignKey(
                                editable=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="studies.study",
                            ),
                        ),
                        (
                            "subject",
                            models.ForeignKey(
                                editable=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="casebook.subject",
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(fields=("record", "line"), name="methotrexatelevel_line")
                        ],
                        "ordering": ["line"],
                        "abstract": False,
                    },
                ),
                migrations.CreateModel(
                    name="AnthracyclineDecision",
                    fields=[
                        (
                            "id",
                            models.UUIDField(
                                default=trialsite.keys.new_id,
                                editable=False,
                                primary_key=True,
                                serialize=False,
                            ),
                        ),
                        ("phase", models.CharField(max_length=40)),
                        ("ratio_set", models.CharField(max_length=20)),
                        ("given", models.DecimalField(decimal_places=4, max_digits=12)),
                        ("projected", models.DecimalField(decimal_places=4, max_digits=12)),
                        ("reason", models.CharField(max_length=300)),
                        ("decided_at", models.DateTimeField()),
                        (
                            "decided_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "site",
                            models.ForeignKey(
                                editable=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="studies.site",
                            ),
                        ),
                        (
                            "study",
                            models.ForeignKey(
                                editable=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="studies.study",
                            ),
                        ),
                        (
                            "subject",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="casebook.subject",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["decided_at"],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("reason", ""), _negated=True),
                                name="anthracycline_decision_says_why",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="AnthracyclineTotal",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("ratio_set", models.CharField(max_length=20)),
                        ("total", models.DecimalField(decimal_places=4, max_digits=12)),
                        ("earlier", models.DecimalField(decimal_places=4, max_digits=12)),
                        ("alert", models.CharField(max_length=10)),
                        ("missing", models.JSONField(default=list)),
                        ("last_on", models.DateField(null=True)),
                        ("echo_since", models.DateField(null=True)),
                        (
                            "site",
                            models.ForeignKey(
                                editable=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="studies.site",
                            ),
                        ),
                        (
                            "study",
                            models.ForeignKey(
                                editable=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="studies.study",
                            ),
                        ),
                        (
                            "subject",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="+",
                                to="casebook.subject",
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(fields=("subject",), name="anthracycline_total_once")
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="DoseIntensity",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("line", models.PositiveSmallIntegerField()),
                        ("phases", models.JSONField(default=list)),
                        ("drug", models.CharField(max_length=40)),
                        ("unit", models.CharField(max_length=10)),
                        ("wanted", models.DecimalField(decimal_places=4, max_digits=20, null=True)),
                        ("given", models.DecimalField(decimal_places=4, max_digits=20, null=True)),
                        ("wanted_days", models.PositiveSmallIntegerField(null=True)),
                        ("days", models.PositiveSmallIntegerField(null=True)),
                        ("ratio", models.DecimalField(decimal_places=4, max_digits=10, null=True)),
                        ("rdi", models.DecimalField(decimal_places=4, max_digits=10, null=True)),
                        ("gaps", models.JSONField(default=list)),
                        ("reference", models.CharField(blank=True, default="", max_length=40)),
                        (
                            "site",
                            models.ForeignKey(
                                editable=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="studies.site",
                            ),
                        ),
                        (
                            "study",
                            models.ForeignKey(
                                editable=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="studies.study",
                            ),
                        ),
                        (
                            "subject",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="+",
                                to="casebook.subject",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["line"],
                        "constraints": [
                            models.UniqueConstraint(fields=("subject", "line"), name="dose_intensity_line")
                        ],
                    },
                ),
            ],
        ),
    ]
