import baozhen.insurance.compliance.states
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='DataItem',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=40, unique=True, verbose_name='编号')),
                ('name', models.CharField(max_length=60, verbose_name='数据项')),
                ('standard', models.CharField(max_length=240, verbose_name='标准与口径')),
                ('level', models.CharField(max_length=16, verbose_name='级别')),
                ('owner', models.CharField(max_length=60, verbose_name='责任部门')),
                ('entry', models.CharField(max_length=240, verbose_name='采集与录入审核')),
                ('use', models.CharField(max_length=240, verbose_name='使用')),
                ('correction', models.CharField(max_length=240, verbose_name='修改')),
                ('reporting', models.CharField(max_length=240, verbose_name='对外报送')),
                ('storage', models.CharField(max_length=240, verbose_name='存储与保管期限')),
                ('backup', models.CharField(max_length=240, verbose_name='备份')),
                ('security', models.CharField(max_length=240, verbose_name='安全措施')),
                ('quality', models.CharField(max_length=240, verbose_name='质量检查')),
                ('changed_at', models.DateTimeField(verbose_name='更新时间')),
                ('changed_by', models.CharField(max_length=64, verbose_name='更新人')),
                ('reviewed_at', models.DateTimeField(null=True, verbose_name='复核时间')),
                ('reviewed_by', models.CharField(blank=True, max_length=64, verbose_name='复核人')),
            ],
            options={
                'verbose_name': '数据目录',
                'verbose_name_plural': '数据目录',
            },
        ),
        migrations.CreateModel(
            name='Duty',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('state', models.CharField(editable=False, max_length=32, verbose_name='状态')),
                ('code', models.CharField(max_length=40, unique=True, verbose_name='编号')),
                ('topic', models.CharField(max_length=16, verbose_name='类别')),
                ('title', models.CharField(max_length=200, verbose_name='义务')),
                ('requirements', models.CharField(max_length=200, verbose_name='依据条款')),
                ('demand', models.TextField(verbose_name='要求')),
                ('owner', models.CharField(blank=True, max_length=60, verbose_name='责任部门')),
                ('owner_mail', models.EmailField(blank=True, max_length=254, verbose_name='提醒邮箱')),
                ('rhythm', models.CharField(max_length=12, verbose_name='频次')),
                ('due', models.DateField(null=True, verbose_name='到期日')),
                ('round', models.PositiveIntegerField(default=1, verbose_name='第几期')),
                ('reminded', models.PositiveSmallIntegerField(null=True, verbose_name='已提醒（到期前天数）')),
                ('changed_at', models.DateTimeField(verbose_name='更新时间')),
            ],
            options={
                'verbose_name': '管理义务',
                'verbose_name_plural': '管理义务',
                'indexes': [models.Index(fields=['state', 'due'], name='duty_by_state')],
                'constraints': [models.CheckConstraint(condition=models.Q(('rhythm__in', [baozhen.insurance.compliance.states.Rhythm['ONCE'], baozhen.insurance.compliance.states.Rhythm['QUARTERLY'], baozhen.insurance.compliance.states.Rhythm['HALF_YEARLY'], baozhen.insurance.compliance.states.Rhythm['YEARLY'], baozhen.insurance.compliance.states.Rhythm['ON_CHANGE']]), ('topic__in', [baozhen.insurance.compliance.states.Topic['GOVERNANCE'], baozhen.insurance.compliance.states.Topic['SECURITY'], baozhen.insurance.compliance.states.Topic['BACKUP'], baozhen.insurance.compliance.states.Topic['PROTECTION'], baozhen.insurance.compliance.states.Topic['PEOPLE'], baozhen.insurance.compliance.states.Topic['FACILITY'], baozhen.insurance.compliance.states.Topic['RISK'], baozhen.insurance.compliance.states.Topic['INCIDENT'], baozhen.insurance.compliance.states.Topic['CLAIMS'], baozhen.insurance.compliance.states.Topic['BUSINESS'], baozhen.insurance.compliance.states.Topic['PARTNERS'], baozhen.insurance.compliance.states.Topic['AUDIT']])), name='duty_known')],
            },
        ),
        migrations.CreateModel(
            name='DutyEvidence',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('round', models.PositiveIntegerField(verbose_name='第几期')),
                ('conclusion', models.CharField(max_length=500, verbose_name='结论')),
                ('follow_up', models.CharField(blank=True, max_length=500, verbose_name='后续措施')),
                ('name', models.CharField(max_length=120, verbose_name='文件名')),
                ('sha256', models.CharField(max_length=64, verbose_name='SHA-256')),
                ('size', models.PositiveIntegerField(verbose_name='字节数')),
                ('done_on', models.DateField(verbose_name='完成日期')),
                ('at', models.DateTimeField(verbose_name='提交时间')),
                ('by', models.CharField(max_length=64, verbose_name='提交人')),
                ('reviewed_at', models.DateTimeField(null=True, verbose_name='复核时间')),
                ('reviewed_by', models.CharField(blank=True, max_length=64, verbose_name='复核人')),
                ('is_accepted', models.BooleanField(null=True, verbose_name='是否通过')),
                ('review_note', models.CharField(blank=True, max_length=300, verbose_name='复核意见')),
                ('duty', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='evidence', to='compliance.duty')),
            ],
            options={
                'verbose_name': '义务证明',
                'verbose_name_plural': '义务证明',
                'indexes': [models.Index(fields=['duty', 'round'], name='duty_evidence_round')],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('is_accepted__isnull', True), ('reviewed_at__isnull', True)), models.Q(('is_accepted__isnull', False), ('reviewed_at__isnull', False)), _connector='OR'), name='duty_evidence_reviewed_wholly')],
            },
        ),
    ]
