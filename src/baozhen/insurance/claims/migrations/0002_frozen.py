"""Triggers: what was reported and what was handed in stays as it came."""

from django.db import migrations

REFUSE = """
CREATE FUNCTION claims_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%: % is refused, what is written there is frozen', TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER claim_stays BEFORE DELETE ON claims_claim
    FOR EACH ROW EXECUTE FUNCTION claims_refuse_change();
CREATE TRIGGER claim_frozen BEFORE UPDATE ON claims_claim
    FOR EACH ROW WHEN ((NEW.number, NEW.policy_id, NEW.entry, NEW.cause, NEW.occurred_at, NEW.registered_at)
        IS DISTINCT FROM
        (OLD.number, OLD.policy_id, OLD.entry, OLD.cause, OLD.occurred_at, OLD.registered_at))
    EXECUTE FUNCTION claims_refuse_change();
CREATE TRIGGER claim_file_stays BEFORE DELETE OR UPDATE ON claims_claimfile
    FOR EACH ROW EXECUTE FUNCTION claims_refuse_change();
CREATE TRIGGER claim_message_stays BEFORE DELETE OR UPDATE ON claims_claimmessage
    FOR EACH ROW EXECUTE FUNCTION claims_refuse_change();
"""

ALLOW = """
DROP TRIGGER claim_stays ON claims_claim;
DROP TRIGGER claim_frozen ON claims_claim;
DROP TRIGGER claim_file_stays ON claims_claimfile;
DROP TRIGGER claim_message_stays ON claims_claimmessage;
DROP FUNCTION claims_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("claims", "0001_initial")]
    operations = [migrations.RunSQL(REFUSE, ALLOW)]
