"""Triggers: nothing archived is changed or removed, and no tombstone is set before its time."""

from django.db import migrations

REFUSE = """
CREATE FUNCTION files_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'rows of % are never changed or removed', TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER files_item_write_once BEFORE UPDATE OR DELETE ON files_archiveitem
    FOR EACH ROW EXECUTE FUNCTION files_refuse_change();
CREATE TRIGGER files_tombstone_write_once BEFORE UPDATE OR DELETE ON files_tombstone
    FOR EACH ROW EXECUTE FUNCTION files_refuse_change();
CREATE TRIGGER files_hold_stays BEFORE DELETE ON files_legalhold
    FOR EACH ROW EXECUTE FUNCTION files_refuse_change();

CREATE FUNCTION files_hold_release_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.released_at IS NOT NULL OR NEW.released_at IS NULL
       OR (NEW.id, NEW.dossier, NEW.reason, NEW.placed_at, NEW.placed_by)
          IS DISTINCT FROM (OLD.id, OLD.dossier, OLD.reason, OLD.placed_at, OLD.placed_by) THEN
        RAISE EXCEPTION 'a legal hold is released once and not otherwise changed'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER files_hold_release BEFORE UPDATE ON files_legalhold
    FOR EACH ROW EXECUTE FUNCTION files_hold_release_only();

CREATE FUNCTION files_check_disposal() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    of_dossier varchar;
    kept_until date;
BEGIN
    SELECT dossier INTO of_dossier FROM files_archiveitem WHERE id = NEW.item_id;
    SELECT max(retain_until) INTO kept_until FROM files_archiveitem WHERE dossier = of_dossier;
    IF NEW.disposed_on <= kept_until OR EXISTS (
        SELECT 1 FROM files_legalhold WHERE dossier = of_dossier AND released_at IS NULL
    ) THEN
        RAISE EXCEPTION 'dossier % is kept until %, or held', of_dossier, kept_until
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER files_tombstone_in_time BEFORE INSERT ON files_tombstone
    FOR EACH ROW EXECUTE FUNCTION files_check_disposal();
"""

ALLOW = """
DROP TRIGGER files_tombstone_in_time ON files_tombstone;
DROP TRIGGER files_hold_release ON files_legalhold;
DROP TRIGGER files_hold_stays ON files_legalhold;
DROP TRIGGER files_tombstone_write_once ON files_tombstone;
DROP TRIGGER files_item_write_once ON files_archiveitem;
DROP FUNCTION files_check_disposal();
DROP FUNCTION files_hold_release_only();
DROP FUNCTION files_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("files", "0001_initial")]
    operations = [migrations.RunSQL(REFUSE, ALLOW)]
