"""A template may be shared with chosen units."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("organizations", "0004_embed_origins"),
        ("templates", "0002_submitted"),
    ]

    operations = [
        migrations.AlterField(
            model_name="template",
            name="sharing",
            field=models.CharField(
                choices=[
                    ("own", "仅本机构"),
                    ("below", "本机构及下级"),
                    ("chosen", "选定的机构及其下级"),
                    ("all", "全部机构"),
                ],
                default="below",
                max_length=8,
                verbose_name="共享范围",
            ),
        ),
        migrations.CreateModel(
            name="TemplateShare",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("since", models.DateTimeField(verbose_name="共享时间")),
                ("given_by", models.CharField(max_length=64, verbose_name="共享人")),
                (
                    "template",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="shares",
                        to="templates.template",
                        verbose_name="模版",
                    ),
                ),
                (
                    "unit",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="organizations.orgunit",
                        verbose_name="机构",
                    ),
                ),
            ],
            options={
                "verbose_name": "模版共享",
                "verbose_name_plural": "模版共享",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("template", "unit"), name="templates_share_once"
                    )
                ],
            },
        ),
    ]
