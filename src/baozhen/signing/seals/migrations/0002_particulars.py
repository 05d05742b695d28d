"""Requests about what is registered of a seal; requests that are taken back by who made them."""

from django.db import migrations, models

_KINDS = [
    ("make", "制作"),
    ("change", "变更"),
    ("update", "变更登记信息"),
    ("suspend", "停用"),
    ("resume", "恢复"),
    ("abolish", "废止"),
]
_CHANGE_STATES = [
    ("requested", "待审批"),
    ("approved", "已批准"),
    ("refused", "已驳回"),
    ("withdrawn", "已撤回"),
]
_LOAN_STATES = [
    ("requested", "待审批"),
    ("approved", "待领用"),
    ("refused", "已驳回"),
    ("handed_out", "已领用"),
    ("returned", "已归还"),
    ("withdrawn", "已撤回"),
]


class Migration(migrations.Migration):
    """One column, and more to choose from."""

    dependencies = [
        ("seals", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="sealchange",
            name="particulars",
            field=models.JSONField(null=True, verbose_name="登记信息"),
        ),
        migrations.AlterField(
            model_name="sealchange",
            name="kind",
            field=models.CharField(choices=_KINDS, max_length=16, verbose_name="申请"),
        ),
        migrations.AlterField(
            model_name="sealchange",
            name="state",
            field=models.CharField(
                choices=_CHANGE_STATES,
                default="requested",
                editable=False,
                max_length=16,
                verbose_name="状态",
            ),
        ),
        migrations.AlterField(
            model_name="sealloan",
            name="state",
            field=models.CharField(
                choices=_LOAN_STATES,
                default="requested",
                editable=False,
                max_length=16,
                verbose_name="状态",
            ),
        ),
    ]
