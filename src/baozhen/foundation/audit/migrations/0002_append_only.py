"""Triggers: entries and leaves are never changed or removed, and every entry reaches the log."""

from django.db import migrations

REFUSE = """
CREATE FUNCTION audit_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'rows of % are never changed or removed', TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER audit_entry_append_only BEFORE UPDATE OR DELETE ON audit_auditentry
    FOR EACH ROW EXECUTE FUNCTION audit_refuse_change();
CREATE TRIGGER audit_leaf_append_only BEFORE UPDATE OR DELETE ON audit_logleaf
    FOR EACH ROW EXECUTE FUNCTION audit_refuse_change();
CREATE TRIGGER audit_checkpoint_append_only BEFORE UPDATE OR DELETE ON audit_logcheckpoint
    FOR EACH ROW EXECUTE FUNCTION audit_refuse_change();
CREATE TRIGGER audit_token_append_only BEFORE UPDATE OR DELETE ON audit_checkpointtoken
    FOR EACH ROW EXECUTE FUNCTION audit_refuse_change();
CREATE FUNCTION audit_await_log() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO audit_pendingentry (entry_id) SELECT id FROM added;
    RETURN NULL;
END $$;
CREATE TRIGGER audit_entry_awaits_log AFTER INSERT ON audit_auditentry
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION audit_await_log();
"""

ALLOW = """
DROP TRIGGER audit_entry_awaits_log ON audit_auditentry;
DROP TRIGGER audit_token_append_only ON audit_checkpointtoken;
DROP TRIGGER audit_checkpoint_append_only ON audit_logcheckpoint;
DROP TRIGGER audit_leaf_append_only ON audit_logleaf;
DROP TRIGGER audit_entry_append_only ON audit_auditentry;
DROP FUNCTION audit_await_log();
DROP FUNCTION audit_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial")]
    operations = [migrations.RunSQL(REFUSE, ALLOW)]
