"""Triggers: what a version of a table says is never changed, and no version is removed."""

from django.db import migrations

REFUSE = """
CREATE FUNCTION products_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%: % is refused, what is written there is frozen', TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER table_version_stays BEFORE DELETE ON products_tableversion
    FOR EACH ROW EXECUTE FUNCTION products_refuse_change();
CREATE TRIGGER table_version_frozen BEFORE UPDATE ON products_tableversion
    FOR EACH ROW WHEN ((NEW."table", NEW.version, NEW.effective_from, NEW.effective_to,
        NEW.source, NEW.confirmed, NEW.content, NEW.sha256, NEW.made_by, NEW.made_at)
        IS DISTINCT FROM
        (OLD."table", OLD.version, OLD.effective_from, OLD.effective_to,
        OLD.source, OLD.confirmed, OLD.content, OLD.sha256, OLD.made_by, OLD.made_at))
    EXECUTE FUNCTION products_refuse_change();
"""

ALLOW = """
DROP TRIGGER table_version_stays ON products_tableversion;
DROP TRIGGER table_version_frozen ON products_tableversion;
DROP FUNCTION products_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("products", "0001_initial")]
    operations = [migrations.RunSQL(REFUSE, ALLOW)]
