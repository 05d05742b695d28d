"""Which web origins may show a program's signing pages: data of its key."""

import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    """Nobody may, until the console says so."""

    dependencies = [("organizations", "0003_separation")]

    operations = [
        migrations.AddField(
            model_name="apiclient",
            name="embed_origins",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=255),
                blank=True,
                default=list,
                size=None,
                verbose_name="嵌入来源",
            ),
        ),
    ]
