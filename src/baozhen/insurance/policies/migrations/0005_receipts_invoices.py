import baozhen.insurance.policies.states
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('envelopes', '0003_sketches_and_handovers'),
        ('policies', '0004_clauses_frozen'),
        ('proposals', '0002_frozen'),
    ]

    operations = [
        migrations.CreateModel(
            name='PolicyInvoice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('state', models.CharField(editable=False, max_length=32, verbose_name='状态')),
                ('request_no', models.CharField(max_length=48, unique=True, verbose_name='开票请求号')),
                ('number', models.CharField(blank=True, max_length=32, verbose_name='发票号码')),
                ('amount_fen', models.BigIntegerField(verbose_name='价税合计（分）')),
                ('tax_fen', models.BigIntegerField(verbose_name='税额（分）')),
                ('xml_sha256', models.CharField(blank=True, max_length=64, verbose_name='XML 摘要')),
                ('pdf_sha256', models.CharField(blank=True, max_length=64, verbose_name='PDF 摘要')),
                ('failure', models.CharField(blank=True, max_length=200, verbose_name='未开具原因')),
                ('requested_at', models.DateTimeField(verbose_name='申请时间')),
                ('issued_at', models.DateTimeField(null=True, verbose_name='开具时间')),
            ],
            options={
                'verbose_name': '电子发票',
                'verbose_name_plural': '电子发票',
            },
        ),
        migrations.CreateModel(
            name='PolicyReceipt',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('state', models.CharField(editable=False, max_length=32, verbose_name='状态')),
                ('tries', models.PositiveSmallIntegerField(default=1, verbose_name='签收任务数')),
                ('files_sha256', models.CharField(max_length=64, verbose_name='文件总摘要')),
                ('asked_at', models.DateTimeField(verbose_name='发起时间')),
                ('signed_at', models.DateTimeField(null=True, verbose_name='签收时间')),
                ('cooling_off_until', models.DateField(null=True, verbose_name='犹豫期最后一日')),
            ],
            options={
                'verbose_name': '保单回执',
                'verbose_name_plural': '保单回执',
            },
        ),
        migrations.AddField(
            model_name='policy',
            name='insured_id_index',
            field=models.CharField(blank=True, default='', max_length=64, verbose_name='被保险人证件索引'),
        ),
        migrations.AddIndex(
            model_name='policy',
            index=models.Index(fields=['insured_id_index'], name='policy_by_insured_id'),
        ),
        migrations.AddField(
            model_name='policyinvoice',
            name='policy',
            field=models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='invoice', to='policies.policy'),
        ),
        migrations.AddField(
            model_name='policyreceipt',
            name='envelope',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='envelopes.envelope'),
        ),
        migrations.AddField(
            model_name='policyreceipt',
            name='policy',
            field=models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='receipt', to='policies.policy'),
        ),
        migrations.AddConstraint(
            model_name='policyinvoice',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', baozhen.insurance.policies.states.InvoiceState['ISSUED']), _negated=True), models.Q(('issued_at__isnull', False), models.Q(('number', ''), _negated=True), models.Q(('xml_sha256', ''), _negated=True), models.Q(('pdf_sha256', ''), _negated=True)), _connector='OR'), name='invoice_issued_wholly'),
        ),
        migrations.AddConstraint(
            model_name='policyinvoice',
            constraint=models.CheckConstraint(condition=models.Q(('amount_fen__gte', models.F('tax_fen')), ('tax_fen__gte', 0)), name='invoice_amounts'),
        ),
        migrations.AddConstraint(
            model_name='policyreceipt',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('signed_at__isnull', True), ('state', baozhen.insurance.policies.states.ReceiptState['ASKED'])), models.Q(('signed_at__isnull', False), ('state', baozhen.insurance.policies.states.ReceiptState['SIGNED'])), _connector='OR'), name='receipt_signed_has_time'),
        ),
    ]
