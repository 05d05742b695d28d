"""Triggers: what is numbered is frozen, and what is sealed stays as it was sealed."""

from django.db import migrations

REFUSE = """
CREATE FUNCTION policies_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%: % is refused, what is written there is frozen', TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER policy_stays BEFORE DELETE ON policies_policy
    FOR EACH ROW EXECUTE FUNCTION policies_refuse_change();
CREATE TRIGGER policy_frozen BEFORE UPDATE ON policies_policy
    FOR EACH ROW WHEN ((NEW.proposal_id, NEW.number, NEW.kind, NEW.form, NEW.confirmation_code, NEW.premium_fen, NEW.cover_starts_at, NEW.cover_ends_at, NEW.numbered_at, NEW.content_sha256)
        IS DISTINCT FROM
        (OLD.proposal_id, OLD.number, OLD.kind, OLD.form, OLD.confirmation_code, OLD.premium_fen, OLD.cover_starts_at, OLD.cover_ends_at, OLD.numbered_at, OLD.content_sha256))
    EXECUTE FUNCTION policies_refuse_change();
CREATE TRIGGER policy_file_stays BEFORE DELETE ON policies_policyfile
    FOR EACH ROW EXECUTE FUNCTION policies_refuse_change();
CREATE TRIGGER policy_file_frozen BEFORE UPDATE ON policies_policyfile
    FOR EACH ROW WHEN ((NEW.policy_id, NEW.kind, NEW.number, NEW.version, NEW.content, NEW.content_sha256, NEW.template_code, NEW.template_version)
        IS DISTINCT FROM
        (OLD.policy_id, OLD.kind, OLD.number, OLD.version, OLD.content, OLD.content_sha256, OLD.template_code, OLD.template_version))
    EXECUTE FUNCTION policies_refuse_change();
CREATE TRIGGER policy_file_sealed BEFORE UPDATE ON policies_policyfile
    FOR EACH ROW WHEN (OLD.sha256 IS NOT NULL AND (NEW.sha256, NEW.sm3, NEW.size, NEW.sealed_at, NEW.template_sha256, NEW.fonts_sha256, NEW.engine_version)
        IS DISTINCT FROM
        (OLD.sha256, OLD.sm3, OLD.size, OLD.sealed_at, OLD.template_sha256, OLD.fonts_sha256, OLD.engine_version))
    EXECUTE FUNCTION policies_refuse_change();
CREATE TRIGGER timestamp_batch_stays BEFORE DELETE ON policies_timestampbatch
    FOR EACH ROW EXECUTE FUNCTION policies_refuse_change();
CREATE TRIGGER timestamp_batch_frozen BEFORE UPDATE ON policies_timestampbatch
    FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*)
    EXECUTE FUNCTION policies_refuse_change();
"""

ALLOW = """
DROP TRIGGER policy_stays ON policies_policy;
DROP TRIGGER policy_frozen ON policies_policy;
DROP TRIGGER policy_file_stays ON policies_policyfile;
DROP TRIGGER policy_file_frozen ON policies_policyfile;
DROP TRIGGER policy_file_sealed ON policies_policyfile;
DROP TRIGGER timestamp_batch_stays ON policies_timestampbatch;
DROP TRIGGER timestamp_batch_frozen ON policies_timestampbatch;
DROP FUNCTION policies_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("policies", "0001_initial")]
    operations = [migrations.RunSQL(REFUSE, ALLOW)]
