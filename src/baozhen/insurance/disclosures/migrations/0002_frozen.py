"""Triggers: what was given to read and what was declared stays as it was."""

from django.db import migrations

REFUSE = """
CREATE FUNCTION disclosures_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%: % is refused, what is written there is frozen', TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER document_stays BEFORE DELETE ON disclosures_disclosuredocument
    FOR EACH ROW EXECUTE FUNCTION disclosures_refuse_change();
CREATE TRIGGER document_frozen BEFORE UPDATE ON disclosures_disclosuredocument
    FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*)
    EXECUTE FUNCTION disclosures_refuse_change();
CREATE TRIGGER declaration_stays BEFORE DELETE ON disclosures_declarationmade
    FOR EACH ROW EXECUTE FUNCTION disclosures_refuse_change();
CREATE TRIGGER declaration_frozen BEFORE UPDATE ON disclosures_declarationmade
    FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*)
    EXECUTE FUNCTION disclosures_refuse_change();
CREATE TRIGGER set_stays BEFORE DELETE ON disclosures_readingset
    FOR EACH ROW EXECUTE FUNCTION disclosures_refuse_change();
CREATE TRIGGER set_frozen BEFORE UPDATE ON disclosures_readingset
    FOR EACH ROW WHEN ((NEW.application_id, NEW.number, NEW.fingerprint, NEW.form, NEW.proposal_sha256, NEW.frozen_at)
        IS DISTINCT FROM
        (OLD.application_id, OLD.number, OLD.fingerprint, OLD.form, OLD.proposal_sha256, OLD.frozen_at))
    EXECUTE FUNCTION disclosures_refuse_change();
CREATE TRIGGER item_stays BEFORE DELETE ON disclosures_readingitem
    FOR EACH ROW EXECUTE FUNCTION disclosures_refuse_change();
CREATE TRIGGER item_finished BEFORE UPDATE ON disclosures_readingitem
    FOR EACH ROW WHEN (OLD.finished_at IS NOT NULL AND OLD.* IS DISTINCT FROM NEW.*)
    EXECUTE FUNCTION disclosures_refuse_change();
CREATE TRIGGER item_frozen BEFORE UPDATE ON disclosures_readingitem
    FOR EACH ROW WHEN ((NEW.reading_set_id, NEW.position, NEW.sha256, NEW.document_id, NEW.seconds_min)
        IS DISTINCT FROM
        (OLD.reading_set_id, OLD.position, OLD.sha256, OLD.document_id, OLD.seconds_min))
    EXECUTE FUNCTION disclosures_refuse_change();
"""

ALLOW = """
DROP TRIGGER document_stays ON disclosures_disclosuredocument;
DROP TRIGGER document_frozen ON disclosures_disclosuredocument;
DROP TRIGGER declaration_stays ON disclosures_declarationmade;
DROP TRIGGER declaration_frozen ON disclosures_declarationmade;
DROP TRIGGER set_stays ON disclosures_readingset;
DROP TRIGGER set_frozen ON disclosures_readingset;
DROP TRIGGER item_stays ON disclosures_readingitem;
DROP TRIGGER item_finished ON disclosures_readingitem;
DROP TRIGGER item_frozen ON disclosures_readingitem;
DROP FUNCTION disclosures_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("disclosures", "0001_initial")]
    operations = [migrations.RunSQL(REFUSE, ALLOW)]
