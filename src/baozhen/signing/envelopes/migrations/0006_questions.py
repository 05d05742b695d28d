"""Questions to a party; its answers may change the content until somebody signs."""

import baozhen.foundation.fields
import django.db.models.deletion
from django.db import migrations, models


# The content of a started task is frozen, but for the answers of the party that is asked: until the
# first signature is decided.
_UNTIL_SIGNED = """
CREATE OR REPLACE FUNCTION envelopes_content_frozen() RETURNS trigger AS $$
BEGIN
    IF OLD.state = 'in_progress'
       AND EXISTS (SELECT 1 FROM envelopes_question q
                   JOIN envelopes_signatory s ON s.id = q.signatory_id
                   WHERE s.envelope_id = OLD.id)
       AND NOT EXISTS (SELECT 1 FROM envelopes_action a
                       WHERE a.envelope_id = OLD.id
                         AND a.type IN ('seal', 'sign', 'legal_rep_sign')
                         AND a.state IN ('performing', 'done')) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'the content of a started envelope is frozen';
END $$ LANGUAGE plpgsql;
"""
_AS_BEFORE = """
CREATE OR REPLACE FUNCTION envelopes_content_frozen() RETURNS trigger AS $$
BEGIN
    RAISE EXCEPTION 'the content of a started envelope is frozen';
END $$ LANGUAGE plpgsql;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("envelopes", "0005_batch_timestamps"),
    ]

    operations = [
        migrations.CreateModel(
            name="Question",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("position", models.PositiveSmallIntegerField(verbose_name="次序")),
                ("key", models.CharField(max_length=48, verbose_name="名称")),
                ("field", models.JSONField(verbose_name="问题")),
                (
                    "answer",
                    baozhen.foundation.fields.EncryptedJSONField(null=True, verbose_name="回答"),
                ),
                ("shown_at", models.DateTimeField(null=True, verbose_name="展示时间")),
                ("answered_at", models.DateTimeField(null=True, verbose_name="回答时间")),
                ("changes", models.PositiveSmallIntegerField(default=0, verbose_name="修改次数")),
                (
                    "signatory",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="questions",
                        to="envelopes.signatory",
                        verbose_name="签署方",
                    ),
                ),
            ],
            options={
                "verbose_name": "询问事项",
                "verbose_name_plural": "询问事项",
                "ordering": ("signatory", "position"),
                "constraints": [
                    models.UniqueConstraint(
                        fields=("signatory", "key"), name="envelopes_question_once"
                    )
                ],
            },
        ),
        migrations.RunSQL(_UNTIL_SIGNED, _AS_BEFORE),
    ]
