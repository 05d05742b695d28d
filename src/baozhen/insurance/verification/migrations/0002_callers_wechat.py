import baozhen.foundation.fields
import baozhen.insurance.verification.states
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('identity', '0001_initial'),
        ('policies', '0005_receipts_invoices'),
        ('verification', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='CallerCheck',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('state', models.CharField(editable=False, max_length=32, verbose_name='状态')),
                ('public_id', models.CharField(max_length=40, unique=True, verbose_name='核身编号')),
                ('agent', models.CharField(max_length=64, verbose_name='坐席')),
                ('asked_index', models.CharField(max_length=64, verbose_name='所报保单号索引')),
                ('answers', models.JSONField(verbose_name='核对结果')),
                ('at', models.DateTimeField(verbose_name='核身时间')),
                ('ends_at', models.DateTimeField(null=True, verbose_name='失效时间')),
                ('ended_at', models.DateTimeField(null=True, verbose_name='结束时间')),
                ('policy', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='policies.policy')),
            ],
            options={
                'verbose_name': '来电核身',
                'verbose_name_plural': '来电核身',
                'indexes': [models.Index(fields=['asked_index', 'at'], name='caller_by_number'), models.Index(fields=['agent', 'at'], name='caller_by_agent')],
            },
        ),
        migrations.CreateModel(
            name='WeChatBinding',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('state', models.CharField(editable=False, max_length=32, verbose_name='状态')),
                ('app', models.CharField(max_length=8, verbose_name='应用')),
                ('openid', baozhen.foundation.fields.EncryptedTextField(verbose_name='openid')),
                ('openid_index', models.CharField(max_length=64, verbose_name='openid 索引')),
                ('bound_at', models.DateTimeField(verbose_name='绑定时间')),
                ('released_at', models.DateTimeField(null=True, verbose_name='解绑时间')),
                ('subject', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='identity.subject')),
            ],
            options={
                'verbose_name': '微信绑定',
                'verbose_name_plural': '微信绑定',
                'indexes': [models.Index(fields=['subject', 'app'], name='wechat_by_subject')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('state', baozhen.insurance.verification.states.BindingState['BOUND'])), fields=('app', 'openid_index'), name='wechat_binding_one_person'), models.CheckConstraint(condition=models.Q(('app__in', [baozhen.insurance.verification.states.WeChatApp['ACCOUNT'], baozhen.insurance.verification.states.WeChatApp['MINI']])), name='wechat_binding_app')],
            },
        ),
    ]
