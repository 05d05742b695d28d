"""Triggers: an accepted proposal is never changed but for its state, and never removed."""

from django.db import migrations

REFUSE = """
CREATE FUNCTION proposals_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%: % is refused, what is written there is frozen', TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER proposal_stays BEFORE DELETE ON proposals_proposal
    FOR EACH ROW EXECUTE FUNCTION proposals_refuse_change();
CREATE TRIGGER proposal_frozen BEFORE UPDATE ON proposals_proposal
    FOR EACH ROW WHEN ((NEW.proposal_no, NEW.form, NEW.branch_code, NEW.content, NEW.content_sha256, NEW.client, NEW.received_at)
        IS DISTINCT FROM
        (OLD.proposal_no, OLD.form, OLD.branch_code, OLD.content, OLD.content_sha256, OLD.client, OLD.received_at))
    EXECUTE FUNCTION proposals_refuse_change();
"""

ALLOW = """
DROP TRIGGER proposal_stays ON proposals_proposal;
DROP TRIGGER proposal_frozen ON proposals_proposal;
DROP FUNCTION proposals_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("proposals", "0001_initial")]
    operations = [migrations.RunSQL(REFUSE, ALLOW)]
