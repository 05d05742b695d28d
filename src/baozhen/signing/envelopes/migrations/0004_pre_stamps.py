"""Pre-stamps of companies outside, and the steps that they decided."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("envelopes", "0003_sketches_and_handovers"),
        ("identity", "0001_initial"),
        ("organizations", "0005_branch_officers"),
        ("seals", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="PreStamp",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("active", "有效"),
                            ("revoked", "已收回"),
                            ("ended", "已用完或到期"),
                        ],
                        default="active",
                        editable=False,
                        max_length=16,
                        verbose_name="状态",
                    ),
                ),
                (
                    "public_id",
                    models.CharField(max_length=40, unique=True, verbose_name="授权编号"),
                ),
                ("kind", models.CharField(max_length=64, verbose_name="任务种类")),
                ("kind_title", models.CharField(max_length=128, verbose_name="种类名称")),
                ("count_max", models.PositiveIntegerField(verbose_name="份数上限")),
                ("until", models.DateTimeField(verbose_name="有效期至")),
                ("statement", models.TextField(verbose_name="授权书")),
                ("statement_sha256", models.CharField(max_length=64, verbose_name="授权书摘要")),
                ("given_by", models.CharField(max_length=64, verbose_name="授权人")),
                ("given_at", models.DateTimeField(verbose_name="授权时间")),
                ("ended_by", models.CharField(blank=True, max_length=64, verbose_name="收回人")),
                ("ended_at", models.DateTimeField(null=True, verbose_name="结束时间")),
                ("reason", models.CharField(blank=True, max_length=200, verbose_name="收回原因")),
                (
                    "consent",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="identity.consentcheck",
                        verbose_name="意愿",
                    ),
                ),
                (
                    "seal",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="seals.seal",
                        verbose_name="印章",
                    ),
                ),
                (
                    "unit",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="organizations.orgunit",
                        verbose_name="单位",
                    ),
                ),
            ],
            options={
                "verbose_name": "预盖章授权",
                "verbose_name_plural": "预盖章授权",
            },
        ),
        migrations.AddField(
            model_name="action",
            name="pre_stamp",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="actions",
                to="envelopes.prestamp",
                verbose_name="预盖章授权",
            ),
        ),
        migrations.AddConstraint(
            model_name="prestamp",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "active")),
                fields=("unit", "kind"),
                name="envelopes_one_pre_stamp",
            ),
        ),
    ]
