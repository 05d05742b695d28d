import baozhen.foundation.fields
import baozhen.insurance.claims.states
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('identity', '0001_initial'),
        ('policies', '0005_receipts_invoices'),
    ]

    operations = [
        migrations.CreateModel(
            name='Claim',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('state', models.CharField(editable=False, max_length=32, verbose_name='状态')),
                ('number', models.CharField(max_length=32, unique=True, verbose_name='报案号')),
                ('entry', models.CharField(max_length=12, verbose_name='报案途径')),
                ('cause', models.CharField(max_length=12, verbose_name='事故类型')),
                ('injury', models.CharField(max_length=8, verbose_name='人员伤亡')),
                ('occurred_at', models.DateTimeField(verbose_name='出险时间')),
                ('content', baozhen.foundation.fields.EncryptedJSONField(verbose_name='报案内容')),
                ('reporter_masked', models.CharField(max_length=60, verbose_name='报案人（掩码）')),
                ('is_police_informed', models.BooleanField(verbose_name='是否已报警')),
                ('is_late', models.BooleanField(default=False, verbose_name='是否迟报')),
                ('decision', baozhen.foundation.fields.EncryptedTextField(blank=True, default='', verbose_name='核定说明')),
                ('dispute', baozhen.foundation.fields.EncryptedTextField(blank=True, default='', verbose_name='异议理由')),
                ('amount_fen', models.BigIntegerField(null=True, verbose_name='核定金额（分）')),
                ('advanced_fen', models.BigIntegerField(default=0, verbose_name='先付金额（分）')),
                ('paid_fen', models.BigIntegerField(null=True, verbose_name='赔付金额（分）')),
                ('settlement', models.JSONField(default=list, verbose_name='理算明细')),
                ('survey_at', models.DateTimeField(null=True, verbose_name='查勘时间')),
                ('survey_note', models.CharField(blank=True, max_length=200, verbose_name='查勘安排')),
                ('registered_at', models.DateTimeField(verbose_name='报案时间')),
                ('papers_told_at', models.DateTimeField(null=True, verbose_name='告知材料时间')),
                ('papers_asked_again_at', models.DateTimeField(null=True, verbose_name='补充材料通知时间')),
                ('papers_complete_at', models.DateTimeField(null=True, verbose_name='材料齐全时间')),
                ('decided_at', models.DateTimeField(null=True, verbose_name='核定时间')),
                ('refusal_sent_at', models.DateTimeField(null=True, verbose_name='拒赔通知时间')),
                ('agreed_at', models.DateTimeField(null=True, verbose_name='达成协议时间')),
                ('advanced_at', models.DateTimeField(null=True, verbose_name='先付时间')),
                ('paid_at', models.DateTimeField(null=True, verbose_name='赔付时间')),
                ('withdrawn_at', models.DateTimeField(null=True, verbose_name='撤回时间')),
                ('policy', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='claims', to='policies.policy')),
                ('subject', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='identity.subject')),
            ],
            options={
                'verbose_name': '案件',
                'verbose_name_plural': '案件',
            },
        ),
        migrations.CreateModel(
            name='ClaimMessage',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('message_no', models.CharField(max_length=64, unique=True, verbose_name='消息号')),
                ('kind', models.CharField(max_length=16, verbose_name='种类')),
                ('content_sha256', models.CharField(max_length=64, verbose_name='内容摘要')),
                ('client', models.CharField(max_length=80, verbose_name='来源')),
                ('at', models.DateTimeField(verbose_name='收到时间')),
                ('claim', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='messages', to='claims.claim')),
            ],
            options={
                'verbose_name': '理赔系统消息',
                'verbose_name_plural': '理赔系统消息',
            },
        ),
        migrations.CreateModel(
            name='ClaimPaper',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=40, verbose_name='代码')),
                ('title', models.CharField(max_length=60, verbose_name='名称')),
                ('note', models.CharField(blank=True, max_length=120, verbose_name='说明')),
                ('is_supplement', models.BooleanField(default=False, verbose_name='是否补充')),
                ('received_at', models.DateTimeField(null=True, verbose_name='收到时间')),
                ('claim', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='papers', to='claims.claim')),
            ],
            options={
                'verbose_name': '理赔材料',
                'verbose_name_plural': '理赔材料',
            },
        ),
        migrations.CreateModel(
            name='ClaimFile',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('sha256', models.CharField(max_length=64, verbose_name='SHA-256')),
                ('media_type', models.CharField(max_length=40, verbose_name='类型')),
                ('size', models.PositiveIntegerField(verbose_name='字节数')),
                ('at', models.DateTimeField(verbose_name='上传时间')),
                ('by', models.CharField(max_length=64, verbose_name='上传人')),
                ('claim', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='files', to='claims.claim')),
                ('paper', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='files', to='claims.claimpaper')),
            ],
            options={
                'verbose_name': '理赔文件',
                'verbose_name_plural': '理赔文件',
            },
        ),
        migrations.AddIndex(
            model_name='claim',
            index=models.Index(fields=['state', 'registered_at', 'id'], name='claim_by_state'),
        ),
        migrations.AddIndex(
            model_name='claim',
            index=models.Index(fields=['policy', 'registered_at'], name='claim_by_policy'),
        ),
        migrations.AddConstraint(
            model_name='claim',
            constraint=models.CheckConstraint(condition=models.Q(('cause__in', [baozhen.insurance.claims.states.Cause['COLLISION'], baozhen.insurance.claims.states.Cause['SINGLE'], baozhen.insurance.claims.states.Cause['THEFT'], baozhen.insurance.claims.states.Cause['FIRE'], baozhen.insurance.claims.states.Cause['NATURE'], baozhen.insurance.claims.states.Cause['GLASS']]), ('entry__in', [baozhen.insurance.claims.states.Entry['WALLET'], baozhen.insurance.claims.states.Entry['HOTLINE'], baozhen.insurance.claims.states.Entry['MINI'], baozhen.insurance.claims.states.Entry['SYSTEM']]), ('injury__in', [baozhen.insurance.claims.states.Injury['NONE'], baozhen.insurance.claims.states.Injury['HURT'], baozhen.insurance.claims.states.Injury['DEATH']])), name='claim_known'),
        ),
        migrations.AddConstraint(
            model_name='claim',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state__in', [baozhen.insurance.claims.states.ClaimState['OFFERED'], baozhen.insurance.claims.states.ClaimState['AGREED'], baozhen.insurance.claims.states.ClaimState['PAID']]), _negated=True), models.Q(('amount_fen__isnull', False), ('decided_at__isnull', False)), _connector='OR'), name='claim_decision_wholly'),
        ),
        migrations.AddConstraint(
            model_name='claim',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', baozhen.insurance.claims.states.ClaimState['PAID']), _negated=True), models.Q(('paid_at__isnull', False), ('paid_fen__gte', 0)), _connector='OR'), name='claim_paid_wholly'),
        ),
        migrations.AddConstraint(
            model_name='claimpaper',
            constraint=models.UniqueConstraint(fields=('claim', 'code'), name='claim_paper_once'),
        ),
        migrations.AddConstraint(
            model_name='claimfile',
            constraint=models.UniqueConstraint(fields=('claim', 'paper', 'sha256'), name='claim_file_once', nulls_distinct=False),
        ),
    ]
