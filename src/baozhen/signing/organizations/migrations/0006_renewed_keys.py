"""The key of before, which goes on for a while after a program's key was renewed."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("organizations", "0005_branch_officers")]

    operations = [
        migrations.AddField(
            model_name="apiclient",
            name="former_prefix",
            field=models.CharField(
                blank=True, db_index=True, default="", max_length=16, verbose_name="原密钥前缀"
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="apiclient",
            name="former_hash",
            field=models.CharField(
                blank=True, default="", max_length=64, verbose_name="原密钥摘要"
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="apiclient",
            name="former_until",
            field=models.DateTimeField(null=True, verbose_name="原密钥有效至"),
        ),
    ]
