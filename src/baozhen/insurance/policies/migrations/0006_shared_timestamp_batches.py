"""Policies share the archive's timestamp batches; those that there are move with their numbers."""

import django.db.models.deletion
from django.db import migrations, models

MOVE = """
INSERT INTO files_timestampbatch (id, root_sha256, leaves, size, token, stamped_at)
    SELECT id, root_sha256, leaves, size, token, stamped_at FROM policies_timestampbatch;
SELECT setval(
    pg_get_serial_sequence('files_timestampbatch', 'id'),
    (SELECT max(id) FROM files_timestampbatch)
) WHERE EXISTS (SELECT 1 FROM files_timestampbatch);
"""


class Migration(migrations.Migration):
    dependencies = [
        ("files", "0005_timestamp_batches"),
        ("policies", "0005_receipts_invoices"),
    ]
    operations = [
        migrations.RunSQL(MOVE),
        migrations.AlterField(
            model_name="policyfile",
            name="timestamp_batch",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="policy_files",
                to="files.timestampbatch",
            ),
        ),
        migrations.DeleteModel(name="TimestampBatch"),
    ]
