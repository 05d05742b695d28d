"""A sequence for the numbers of proposals: two that begin at the same moment get two numbers."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("applications", "0001_initial")]
    operations = [
        migrations.RunSQL(
            "CREATE SEQUENCE applications_serial",
            "DROP SEQUENCE applications_serial",
        )
    ]
