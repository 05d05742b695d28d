"""A person's will to void is kept with the word; a request that nobody answers lapses."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("envelopes", "0006_questions"),
        ("identity", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="voidconsent",
            name="will",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="identity.consentcheck",
                verbose_name="意愿",
            ),
        ),
        migrations.AlterField(
            model_name="voidrequest",
            name="state",
            field=models.CharField(
                choices=[
                    ("open", "待各方确认"),
                    ("agreed", "各方已同意"),
                    ("refused", "有一方不同意"),
                    ("lapsed", "逾期没有答复"),
                ],
                default="open",
                editable=False,
                max_length=16,
                verbose_name="状态",
            ),
        ),
    ]
