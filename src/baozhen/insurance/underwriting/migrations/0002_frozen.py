"""Triggers: what the rules said is never changed; a referral keeps what it is about."""

from django.db import migrations

REFUSE = """
CREATE FUNCTION underwriting_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%: % is refused, what is written there is frozen', TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER assessment_frozen BEFORE UPDATE OR DELETE ON underwriting_assessmentrow
    FOR EACH ROW EXECUTE FUNCTION underwriting_refuse_change();
CREATE TRIGGER referral_stays BEFORE DELETE ON underwriting_referral
    FOR EACH ROW EXECUTE FUNCTION underwriting_refuse_change();
CREATE TRIGGER referral_frozen BEFORE UPDATE ON underwriting_referral
    FOR EACH ROW WHEN ((NEW.proposal_no, NEW.form, NEW.branch_code, NEW.assessment_id, NEW.total_fen,
        NEW.content, NEW.quote, NEW.opened_at) IS DISTINCT FROM
        (OLD.proposal_no, OLD.form, OLD.branch_code, OLD.assessment_id, OLD.total_fen,
        OLD.content, OLD.quote, OLD.opened_at))
    EXECUTE FUNCTION underwriting_refuse_change();
"""

ALLOW = """
DROP TRIGGER assessment_frozen ON underwriting_assessmentrow;
DROP TRIGGER referral_stays ON underwriting_referral;
DROP TRIGGER referral_frozen ON underwriting_referral;
DROP FUNCTION underwriting_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("underwriting", "0001_initial")]
    operations = [migrations.RunSQL(REFUSE, ALLOW)]
