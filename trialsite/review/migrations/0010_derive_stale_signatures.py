"""Let every subject's projections be derived anew: stale signatures have not been derived for any of them."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("review", "0009_stale_signatures")]

    operations = [migrations.RunSQL("DELETE FROM casebook_derivation", migrations.RunSQL.noop)]
