"""Versions wait as submitted for a second person before they are approved."""

from django.db import migrations, models
from django.db.models import F, Q


class Migration(migrations.Migration):
    dependencies = [("templates", "0001_initial")]

    operations = [
        migrations.AlterField(
            model_name="templateversion",
            name="state",
            field=models.CharField(
                choices=[
                    ("draft", "草稿"),
                    ("submitted", "待批准"),
                    ("approved", "已批准"),
                    ("retired", "已停用"),
                    ("dropped", "已放弃"),
                ],
                default="draft",
                editable=False,
                max_length=16,
                verbose_name="状态",
            ),
        ),
        migrations.RemoveConstraint(
            model_name="templateversion", name="templates_approved_by_another"
        ),
        migrations.AddConstraint(
            model_name="templateversion",
            constraint=models.CheckConstraint(
                condition=Q(state__in=["draft", "submitted", "dropped"])
                | (
                    Q(effective_from__isnull=False, approved_at__isnull=False)
                    & ~Q(approved_by="")
                    & ~Q(approved_by=F("created_by"))
                ),
                name="templates_approved_by_another",
            ),
        ),
    ]
