"""Let every subject's projections be derived anew: what there is to verify has not been derived for any of them."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("review", "0007_names_in_the_trail")]

    operations = [migrations.RunSQL("DELETE FROM casebook_derivation", migrations.RunSQL.noop)]
