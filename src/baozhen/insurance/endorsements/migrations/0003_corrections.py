"""Two kinds more, and vehicle tax apart from premium; the trigger freezes the new column too."""

from django.db import migrations, models

FREEZE = """
DROP TRIGGER endorsement_frozen ON endorsements_endorsement;
CREATE TRIGGER endorsement_frozen BEFORE UPDATE ON endorsements_endorsement
    FOR EACH ROW WHEN ((NEW.change_id, NEW.policy_id, NEW.sequence, NEW.number, NEW.premium_fen, NEW.tax_fen, NEW.days, NEW.content, NEW.content_sha256)
        IS DISTINCT FROM
        (OLD.change_id, OLD.policy_id, OLD.sequence, OLD.number, OLD.premium_fen, OLD.tax_fen, OLD.days, OLD.content, OLD.content_sha256))
    EXECUTE FUNCTION endorsements_refuse_change();
"""

THAW = """
DROP TRIGGER endorsement_frozen ON endorsements_endorsement;
CREATE TRIGGER endorsement_frozen BEFORE UPDATE ON endorsements_endorsement
    FOR EACH ROW WHEN ((NEW.change_id, NEW.policy_id, NEW.sequence, NEW.number, NEW.premium_fen, NEW.days, NEW.content, NEW.content_sha256)
        IS DISTINCT FROM
        (OLD.change_id, OLD.policy_id, OLD.sequence, OLD.number, OLD.premium_fen, OLD.days, OLD.content, OLD.content_sha256))
    EXECUTE FUNCTION endorsements_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("endorsements", "0002_frozen"),
        ("identity", "0001_initial"),
        ("proposals", "0002_frozen"),
    ]

    operations = [
        migrations.RemoveConstraint(model_name="change", name="change_kind_known"),
        migrations.AddField(
            model_name="endorsement",
            name="tax_fen",
            field=models.BigIntegerField(default=0, verbose_name="其中车船税（分）"),
        ),
        migrations.AddConstraint(
            model_name="change",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "kind__in",
                        [
                            "plate",
                            "correction",
                            "transfer",
                            "insured_name",
                            "use_nature",
                            "seats",
                            "tax",
                            "limit",
                            "cover_add",
                            "cover_remove",
                            "agreement",
                            "period",
                            "suspension",
                            "resumption",
                            "surrender",
                            "cancellation",
                        ],
                    )
                ),
                name="change_kind_known",
            ),
        ),
        migrations.RunSQL(FREEZE, THAW),
    ]
