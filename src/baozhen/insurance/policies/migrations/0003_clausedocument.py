"""The clauses of a product version: one document each."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("policies", "0002_frozen"),
    ]

    operations = [
        migrations.CreateModel(
            name="ClauseDocument",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("product", models.CharField(max_length=40, verbose_name="产品")),
                ("version", models.CharField(max_length=24, verbose_name="条款版本")),
                ("title", models.CharField(max_length=120, verbose_name="名称")),
                ("filing_no", models.CharField(max_length=64, verbose_name="备案号")),
                ("content_sha256", models.CharField(max_length=64, verbose_name="内容摘要")),
                ("template_code", models.CharField(max_length=64, verbose_name="模板")),
                ("template_version", models.CharField(max_length=32, verbose_name="模板版本")),
                ("template_sha256", models.CharField(max_length=64, verbose_name="模板摘要")),
                ("fonts_sha256", models.CharField(max_length=64, verbose_name="字体摘要")),
                ("engine_version", models.CharField(max_length=64, verbose_name="排版引擎")),
                ("sha256", models.CharField(max_length=64, verbose_name="SHA-256")),
                ("sm3", models.CharField(max_length=64, verbose_name="SM3")),
                ("size", models.PositiveIntegerField(verbose_name="字节数")),
                ("sealed_at", models.DateTimeField(verbose_name="签章时间")),
            ],
            options={
                "verbose_name": "条款文件",
                "verbose_name_plural": "条款文件",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("product", "version"), name="clauses_once_per_version"
                    ),
                    models.UniqueConstraint(fields=("sha256",), name="clauses_sha256_once"),
                    models.CheckConstraint(
                        condition=models.Q(("size__gt", 0)), name="clauses_size"
                    ),
                ],
            },
        ),
    ]
