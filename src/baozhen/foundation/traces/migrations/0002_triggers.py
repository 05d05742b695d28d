"""Triggers: what was recorded is not changed, and goes only with an approved destruction."""

from django.db import migrations

REFUSE = """
CREATE FUNCTION traces_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'rows of % are never changed or removed', TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE FUNCTION traces_refuse_removal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM traces_tracedestruction d
        JOIN traces_tracedestruction_sessions l ON l.tracedestruction_id = d.id
        WHERE l.tracesession_id = OLD.session_id AND d.state = 'approved'
          AND d.first_by <> '' AND d.second_by <> '' AND d.first_by <> d.second_by
    ) THEN
        RAISE EXCEPTION 'rows of % go only with an approved destruction', TG_TABLE_NAME
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN OLD;
END $$;
CREATE FUNCTION traces_session_grows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE'
       OR NEW.public_id <> OLD.public_id OR NEW.started_at <> OLD.started_at
       OR NEW.channel <> OLD.channel OR NEW.device <> OLD.device
       OR NEW.user_agent <> OLD.user_agent OR NEW.ip_masked <> OLD.ip_masked
       OR NEW.event_count < OLD.event_count OR NEW.anchored_count < OLD.anchored_count
       OR NEW.last_at < OLD.last_at OR OLD.destroyed_at IS NOT NULL THEN
        RAISE EXCEPTION 'a session only grows'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER traces_version_fixed BEFORE UPDATE OR DELETE ON traces_pageversion
    FOR EACH ROW EXECUTE FUNCTION traces_refuse_change();
CREATE TRIGGER traces_event_fixed BEFORE UPDATE ON traces_traceevent
    FOR EACH ROW EXECUTE FUNCTION traces_refuse_change();
CREATE TRIGGER traces_event_kept BEFORE DELETE ON traces_traceevent
    FOR EACH ROW EXECUTE FUNCTION traces_refuse_removal();
CREATE TRIGGER traces_chunk_fixed BEFORE UPDATE ON traces_recordingchunk
    FOR EACH ROW EXECUTE FUNCTION traces_refuse_change();
CREATE TRIGGER traces_chunk_kept BEFORE DELETE ON traces_recordingchunk
    FOR EACH ROW EXECUTE FUNCTION traces_refuse_removal();
CREATE TRIGGER traces_link_fixed BEFORE UPDATE ON traces_tracelink
    FOR EACH ROW EXECUTE FUNCTION traces_refuse_change();
CREATE TRIGGER traces_link_kept BEFORE DELETE ON traces_tracelink
    FOR EACH ROW EXECUTE FUNCTION traces_refuse_removal();
CREATE TRIGGER traces_person_fixed BEFORE UPDATE ON traces_traceperson
    FOR EACH ROW EXECUTE FUNCTION traces_refuse_change();
CREATE TRIGGER traces_person_kept BEFORE DELETE ON traces_traceperson
    FOR EACH ROW EXECUTE FUNCTION traces_refuse_removal();
CREATE TRIGGER traces_session_grows BEFORE UPDATE OR DELETE ON traces_tracesession
    FOR EACH ROW EXECUTE FUNCTION traces_session_grows();
"""

ALLOW = """
DROP TRIGGER traces_session_grows ON traces_tracesession;
DROP TRIGGER traces_person_kept ON traces_traceperson;
DROP TRIGGER traces_person_fixed ON traces_traceperson;
DROP TRIGGER traces_link_kept ON traces_tracelink;
DROP TRIGGER traces_link_fixed ON traces_tracelink;
DROP TRIGGER traces_chunk_kept ON traces_recordingchunk;
DROP TRIGGER traces_chunk_fixed ON traces_recordingchunk;
DROP TRIGGER traces_event_kept ON traces_traceevent;
DROP TRIGGER traces_event_fixed ON traces_traceevent;
DROP TRIGGER traces_version_fixed ON traces_pageversion;
DROP FUNCTION traces_session_grows();
DROP FUNCTION traces_refuse_removal();
DROP FUNCTION traces_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("traces", "0001_initial")]
    operations = [migrations.RunSQL(REFUSE, ALLOW)]
