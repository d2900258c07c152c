from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [
        ("enrollment", "0002_earlier_doses"),
    ]

    operations = [
        migrations.AddField(
            model_name="recruitmentpause",
            name="rule",
            field=models.CharField(blank=True, default="", max_length=40, verbose_name="stopping rule"),
        ),
        migrations.AddField(
            model_name="recruitmentpause",
            name="evidence",
            field=models.CharField(blank=True, default="", max_length=40, verbose_name="evidence"),
        ),
        migrations.RemoveConstraint(model_name="recruitmentpause", name="a_pause_by_hand_says_who_and_why"),
        migrations.RemoveConstraint(model_name="recruitmentpause", name="one_pause_by_hand_at_a_time"),
        migrations.AddConstraint(
            model_name="recruitmentpause",
            constraint=models.CheckConstraint(
                condition=~Q(stage="") | ~Q(rule="") | ~Q(reason="") & Q(paused_by__isnull=False),
                name="a_pause_by_hand_says_who_and_why",
            ),
        ),
        migrations.AddConstraint(
            model_name="recruitmentpause",
            constraint=models.UniqueConstraint(
                condition=~Q(rule=""),
                fields=("study", "rule", "evidence"),
                name="a_rule_pauses_once_for_its_evidence",
            ),
        ),
        migrations.AddConstraint(
            model_name="recruitmentpause",
            constraint=models.UniqueConstraint(
                condition=Q(rule="", stage="", state="paused"),
                fields=("study", "site"),
                name="one_pause_by_hand_at_a_time",
                nulls_distinct=False,
            ),
        ),
    ]
