"""A security officer may be appointed for one branch alone (分权)."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """One column: where; empty means the whole company, as for everybody appointed before."""

    dependencies = [
        ("organizations", "0004_embed_origins"),
    ]

    operations = [
        migrations.AddField(
            model_name="officerappointment",
            name="unit",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="organizations.orgunit",
                verbose_name="范围",
            ),
        ),
    ]
