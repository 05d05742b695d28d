"""Triggers: a change keeps what was worked out, an endorsement what it says and how it was sealed."""

from django.db import migrations

REFUSE = """
CREATE FUNCTION endorsements_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%: % is refused, what is written there is frozen', TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER change_stays BEFORE DELETE ON endorsements_change
    FOR EACH ROW EXECUTE FUNCTION endorsements_refuse_change();
CREATE TRIGGER change_frozen BEFORE UPDATE ON endorsements_change
    FOR EACH ROW WHEN ((NEW.public_id, NEW.proposal_id, NEW.kind, NEW.ground, NEW.patches, NEW.parts, NEW.premium_fen, NEW.base_sha256, NEW.content_sha256, NEW.effective_at)
        IS DISTINCT FROM
        (OLD.public_id, OLD.proposal_id, OLD.kind, OLD.ground, OLD.patches, OLD.parts, OLD.premium_fen, OLD.base_sha256, OLD.content_sha256, OLD.effective_at))
    EXECUTE FUNCTION endorsements_refuse_change();
CREATE TRIGGER endorsement_stays BEFORE DELETE ON endorsements_endorsement
    FOR EACH ROW EXECUTE FUNCTION endorsements_refuse_change();
CREATE TRIGGER endorsement_frozen BEFORE UPDATE ON endorsements_endorsement
    FOR EACH ROW WHEN ((NEW.change_id, NEW.policy_id, NEW.sequence, NEW.number, NEW.premium_fen, NEW.days, NEW.content, NEW.content_sha256)
        IS DISTINCT FROM
        (OLD.change_id, OLD.policy_id, OLD.sequence, OLD.number, OLD.premium_fen, OLD.days, OLD.content, OLD.content_sha256))
    EXECUTE FUNCTION endorsements_refuse_change();
CREATE TRIGGER endorsement_sealed BEFORE UPDATE ON endorsements_endorsement
    FOR EACH ROW WHEN (OLD.sha256 IS NOT NULL AND OLD.* IS DISTINCT FROM NEW.*)
    EXECUTE FUNCTION endorsements_refuse_change();
CREATE TRIGGER endorsement_refund_stays BEFORE UPDATE OR DELETE ON endorsements_refundpart
    FOR EACH ROW EXECUTE FUNCTION endorsements_refuse_change();
"""

ALLOW = """
DROP TRIGGER change_stays ON endorsements_change;
DROP TRIGGER change_frozen ON endorsements_change;
DROP TRIGGER endorsement_stays ON endorsements_endorsement;
DROP TRIGGER endorsement_frozen ON endorsements_endorsement;
DROP TRIGGER endorsement_sealed ON endorsements_endorsement;
DROP TRIGGER endorsement_refund_stays ON endorsements_refundpart;
DROP FUNCTION endorsements_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("endorsements", "0001_initial")]
    operations = [migrations.RunSQL(REFUSE, ALLOW)]
