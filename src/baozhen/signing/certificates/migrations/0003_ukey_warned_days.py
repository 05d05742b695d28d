"""Remember which warning day of a U-key's certificate was announced."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """One column."""

    dependencies = [
        ("certificates", "0002_centre"),
    ]

    operations = [
        migrations.AddField(
            model_name="keyrecord",
            name="warned_days",
            field=models.PositiveSmallIntegerField(
                blank=True, null=True, verbose_name="已提醒天数"
            ),
        ),
    ]
