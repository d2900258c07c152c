"""Let every subject's projections be derived anew: the days of decisions and of phases without a last day are new."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("treatment", "0008_due_decisions")]

    operations = [migrations.RunSQL("DELETE FROM casebook_derivation", migrations.RunSQL.noop)]
