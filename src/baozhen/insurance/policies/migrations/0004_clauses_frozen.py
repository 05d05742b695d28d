"""Triggers: the clauses of a version, once published, stay as they were sealed."""

from django.db import migrations

REFUSE = """
CREATE TRIGGER clauses_stay BEFORE DELETE ON policies_clausedocument
    FOR EACH ROW EXECUTE FUNCTION policies_refuse_change();
CREATE TRIGGER clauses_frozen BEFORE UPDATE ON policies_clausedocument
    FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*)
    EXECUTE FUNCTION policies_refuse_change();
"""

ALLOW = """
DROP TRIGGER clauses_stay ON policies_clausedocument;
DROP TRIGGER clauses_frozen ON policies_clausedocument;
"""


class Migration(migrations.Migration):
    dependencies = [("policies", "0003_clausedocument")]
    operations = [migrations.RunSQL(REFUSE, ALLOW)]
