"""Triggers: evidence stays as it was handed in; only its review is added."""

from django.db import migrations

REFUSE = """
CREATE FUNCTION compliance_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%: % is refused, what is written there is frozen', TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER duty_evidence_stays BEFORE DELETE ON compliance_dutyevidence
    FOR EACH ROW EXECUTE FUNCTION compliance_refuse_change();
CREATE TRIGGER duty_evidence_frozen BEFORE UPDATE ON compliance_dutyevidence
    FOR EACH ROW WHEN (OLD.reviewed_at IS NOT NULL
        OR (NEW.duty_id, NEW.round, NEW.conclusion, NEW.follow_up, NEW.name, NEW.sha256, NEW.size, NEW.done_on, NEW.at, NEW.by)
        IS DISTINCT FROM
        (OLD.duty_id, OLD.round, OLD.conclusion, OLD.follow_up, OLD.name, OLD.sha256, OLD.size, OLD.done_on, OLD.at, OLD.by))
    EXECUTE FUNCTION compliance_refuse_change();
"""

ALLOW = """
DROP TRIGGER duty_evidence_stays ON compliance_dutyevidence;
DROP TRIGGER duty_evidence_frozen ON compliance_dutyevidence;
DROP FUNCTION compliance_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("compliance", "0001_initial")]
    operations = [migrations.RunSQL(REFUSE, ALLOW)]
