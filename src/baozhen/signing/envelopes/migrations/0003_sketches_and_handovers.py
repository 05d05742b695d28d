"""Drafts from own files, ways to tell a party, hand-overs to receivers, links for host pages."""

import baozhen.foundation.fields
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """Three tables, three columns, one index."""

    dependencies = [
        ("envelopes", "0002_endings_and_freezing"),
        ("organizations", "0003_separation"),
    ]

    operations = [
        migrations.AddField(
            model_name="signatory",
            name="channel",
            field=models.CharField(
                blank=True,
                choices=[
                    ("sms", "短信"),
                    ("mail", "邮件"),
                    ("wechat", "微信"),
                    ("dingtalk", "钉钉"),
                ],
                max_length=16,
                verbose_name="通知渠道",
            ),
        ),
        migrations.AlterField(
            model_name="documentversion",
            name="sha256",
            field=models.CharField(db_index=True, max_length=64, verbose_name="SHA-256"),
        ),
        migrations.AddField(
            model_name="signatory",
            name="earlier_hash",
            field=models.CharField(
                blank=True, db_index=True, max_length=64, verbose_name="前一链接摘要"
            ),
        ),
        migrations.AddField(
            model_name="signatory",
            name="channel_id",
            field=baozhen.foundation.fields.EncryptedTextField(
                null=True, verbose_name="渠道用户编号"
            ),
        ),
        migrations.CreateModel(
            name="EmbedLink",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("host", models.CharField(max_length=255, verbose_name="宿主页面来源")),
                (
                    "link_hash",
                    models.CharField(max_length=64, unique=True, verbose_name="链接摘要"),
                ),
                (
                    "visit_hash",
                    models.CharField(
                        max_length=64, null=True, unique=True, verbose_name="访问摘要"
                    ),
                ),
                ("made_at", models.DateTimeField(verbose_name="生成时间")),
                ("expires_at", models.DateTimeField(verbose_name="失效时间")),
                (
                    "signatory",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="embed_links",
                        to="envelopes.signatory",
                        verbose_name="签署方",
                    ),
                ),
            ],
            options={
                "verbose_name": "嵌入链接",
                "verbose_name_plural": "嵌入链接",
            },
        ),
        migrations.CreateModel(
            name="Sketch",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "public_id",
                    models.CharField(max_length=40, unique=True, verbose_name="草稿编号"),
                ),
                ("content", baozhen.foundation.fields.EncryptedJSONField(verbose_name="内容")),
                ("made_at", models.DateTimeField(verbose_name="起草时间")),
                ("changed_at", models.DateTimeField(db_index=True, verbose_name="更新时间")),
                (
                    "owner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="organizations.account",
                        verbose_name="起草人",
                    ),
                ),
            ],
            options={
                "verbose_name": "签署任务草稿",
                "verbose_name_plural": "签署任务草稿",
            },
        ),
        migrations.CreateModel(
            name="Handover",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "public_id",
                    models.CharField(max_length=40, unique=True, verbose_name="送达编号"),
                ),
                ("number", models.PositiveSmallIntegerField(verbose_name="次数")),
                ("receiver", baozhen.foundation.fields.EncryptedTextField(verbose_name="接收人")),
                ("address", baozhen.foundation.fields.EncryptedTextField(verbose_name="送达地址")),
                (
                    "address_masked",
                    models.CharField(max_length=128, verbose_name="送达地址（脱敏）"),
                ),
                (
                    "link_hash",
                    models.CharField(max_length=64, unique=True, verbose_name="链接摘要"),
                ),
                ("made_by", models.CharField(max_length=64, verbose_name="送达人")),
                ("made_at", models.DateTimeField(verbose_name="送达时间")),
                ("expires_at", models.DateTimeField(verbose_name="链接失效时间")),
                ("taken_at", models.DateTimeField(null=True, verbose_name="领取时间")),
                (
                    "taken_from",
                    baozhen.foundation.fields.EncryptedTextField(
                        default="", verbose_name="领取地址"
                    ),
                ),
                (
                    "content_sha256",
                    models.CharField(blank=True, max_length=64, verbose_name="领取内容摘要"),
                ),
                (
                    "envelope",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="handovers",
                        to="envelopes.envelope",
                        verbose_name="签署任务",
                    ),
                ),
            ],
            options={
                "verbose_name": "文件送达",
                "verbose_name_plural": "文件送达",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("envelope", "number"), name="envelopes_handover_once"
                    )
                ],
            },
        ),
    ]
