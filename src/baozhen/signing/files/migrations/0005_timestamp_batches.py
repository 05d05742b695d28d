"""One timestamp for many files: the batches, and the place of an archived file in one."""

import django.db.models.deletion
from django.db import migrations, models

FREEZE = """
CREATE TRIGGER files_timestamp_batch_write_once BEFORE UPDATE OR DELETE ON files_timestampbatch
    FOR EACH ROW EXECUTE FUNCTION files_refuse_change();
"""
THAW = "DROP TRIGGER files_timestamp_batch_write_once ON files_timestampbatch;"


class Migration(migrations.Migration):
    dependencies = [("files", "0004_notary_and_reports")]
    operations = [
        migrations.CreateModel(
            name="TimestampBatch",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("root_sha256", models.BinaryField(verbose_name="默克尔根")),
                ("leaves", models.BinaryField(verbose_name="叶子：各文件 SHA-256 依次相连")),
                ("size", models.PositiveIntegerField(verbose_name="文件数")),
                ("token", models.BinaryField(verbose_name="时间戳令牌")),
                ("stamped_at", models.DateTimeField(verbose_name="时间戳时间")),
            ],
            options={
                "verbose_name": "聚合时间戳",
                "verbose_name_plural": "聚合时间戳",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("size__gt", 0)), name="files_timestamp_batch_size"
                    )
                ],
            },
        ),
        migrations.RunSQL(FREEZE, THAW),
        migrations.AddField(
            model_name="archiveitem",
            name="timestamp_batch",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="items",
                to="files.timestampbatch",
                verbose_name="聚合时间戳",
            ),
        ),
        migrations.AddField(
            model_name="archiveitem",
            name="timestamp_leaf",
            field=models.PositiveIntegerField(null=True, verbose_name="叶子序号"),
        ),
        migrations.AddConstraint(
            model_name="archiveitem",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("timestamp_batch__isnull", True), ("timestamp_leaf__isnull", True)),
                    models.Q(
                        ("timestamp_batch__isnull", False), ("timestamp_leaf__isnull", False)
                    ),
                    _connector="OR",
                ),
                name="files_item_proof_wholly",
            ),
        ),
    ]
