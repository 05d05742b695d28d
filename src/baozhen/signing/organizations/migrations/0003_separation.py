"""Three officers are three people (三员分立): the database refuses the rest, whoever writes.

A constraint of one row cannot see another, so triggers do it; every refusal carries the SQLSTATE
of a check violation and the name of the rule. Locks on the account's row make two writers wait
for each other, so that no pair of transactions ends in what neither would have been allowed.
"""

from django.db import migrations

_REFUSE = """
CREATE FUNCTION organizations_refuse(rule text, reason text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%: %', rule, reason USING ERRCODE = 'check_violation', CONSTRAINT = rule;
END $$;
"""

_ROLES = """
CREATE FUNCTION organizations_check_role() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('organizations_role'));
    IF NEW.officer IS NOT NULL AND EXISTS (
        SELECT 1 FROM organizations_role other WHERE other.id <> NEW.id
        AND other.officer IS NOT NULL AND other.permissions && NEW.permissions
    ) THEN
        PERFORM organizations_refuse('organizations_officers_disjoint',
            'two officers would share a permission');
    END IF;
    IF EXISTS (
        SELECT 1 FROM organizations_role other WHERE other.id <> NEW.id
        AND (other.reserved && NEW.permissions OR other.permissions && NEW.reserved)
    ) OR EXISTS (
        SELECT 1 FROM organizations_power power WHERE power.ended_at IS NULL
        AND power.permission = ANY (NEW.reserved)
    ) THEN
        PERFORM organizations_refuse('organizations_reserved_alone',
            'a reserved permission would be held twice');
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER organizations_check_role AFTER INSERT OR UPDATE ON organizations_role
    FOR EACH ROW EXECUTE FUNCTION organizations_check_role();
"""

_POWERS = """
CREATE FUNCTION organizations_check_power() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    held_officer text;
    role_officer text;
BEGIN
    IF NEW.ended_at IS NOT NULL THEN
        RETURN NULL;
    END IF;
    SELECT officer INTO held_officer FROM organizations_account
        WHERE id = NEW.account_id FOR SHARE;
    SELECT officer INTO role_officer FROM organizations_role WHERE id = NEW.role_id;
    IF held_officer IS DISTINCT FROM role_officer THEN
        PERFORM organizations_refuse('organizations_officer_powers',
            'an officer holds his own role, and nobody else holds it');
    END IF;
    IF EXISTS (SELECT 1 FROM organizations_role WHERE NEW.permission = ANY (reserved)) THEN
        PERFORM organizations_refuse('organizations_reserved_alone',
            'this permission belongs to an officer');
    END IF;
    IF NEW.granted_by_id IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM organizations_account granter
        WHERE granter.id = NEW.granted_by_id AND granter.officer = 'security'
        AND granter.state = 'active'
    ) THEN
        PERFORM organizations_refuse('organizations_security_grants',
            'powers are given by a security officer');
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER organizations_check_power AFTER INSERT ON organizations_power
    FOR EACH ROW EXECUTE FUNCTION organizations_check_power();

CREATE FUNCTION organizations_keep_power() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        PERFORM organizations_refuse('organizations_power_kept', 'a power is ended, not deleted');
    END IF;
    IF (NEW.account_id, NEW.role_id, NEW.permission, NEW.unit_id, NEW.covers_below,
        NEW.amount_max_fen, NEW.uses_max, NEW.granted_by_id, NEW.granted_at, NEW.until)
       IS DISTINCT FROM
       (OLD.account_id, OLD.role_id, OLD.permission, OLD.unit_id, OLD.covers_below,
        OLD.amount_max_fen, OLD.uses_max, OLD.granted_by_id, OLD.granted_at, OLD.until)
       OR (OLD.ended_at IS NOT NULL AND NEW.ended_at IS DISTINCT FROM OLD.ended_at) THEN
        PERFORM organizations_refuse('organizations_power_kept',
            'a power is not changed: end it and give another');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER organizations_keep_power BEFORE UPDATE OR DELETE ON organizations_power
    FOR EACH ROW EXECUTE FUNCTION organizations_keep_power();
"""

_ACCOUNTS = """
CREATE FUNCTION organizations_check_officer() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT 1 FROM organizations_power power
        LEFT JOIN organizations_role role ON role.id = power.role_id
        WHERE power.account_id = NEW.id AND power.ended_at IS NULL
        AND role.officer IS DISTINCT FROM NEW.officer
    ) THEN
        PERFORM organizations_refuse('organizations_officer_powers',
            'powers of another kind must end first');
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER organizations_check_officer AFTER INSERT OR UPDATE OF officer
    ON organizations_account
    FOR EACH ROW EXECUTE FUNCTION organizations_check_officer();

CREATE FUNCTION organizations_check_appointment() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM organizations_account proposer
            WHERE proposer.id = NEW.proposed_by_id AND proposer.officer IS NOT NULL)
       AND NEW.state = 'proposed' THEN
        PERFORM organizations_refuse('organizations_officer_appoints',
            'an appointment is proposed by an officer');
    END IF;
    IF NEW.state = 'confirmed' AND (NEW.decided_by_id IS NULL OR NOT EXISTS (
            SELECT 1 FROM organizations_account decider
            WHERE decider.id = NEW.decided_by_id AND decider.officer IS NOT NULL)) THEN
        PERFORM organizations_refuse('organizations_officer_appoints',
            'an appointment is confirmed by another officer');
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER organizations_check_appointment AFTER INSERT OR UPDATE
    ON organizations_officerappointment
    FOR EACH ROW EXECUTE FUNCTION organizations_check_appointment();
"""

# A superuser of Django would pass every has_perm without a power.
_NO_SUPERUSER = """
ALTER TABLE auth_user ADD CONSTRAINT organizations_no_superuser CHECK (NOT is_superuser);
"""

_UNDO = """
ALTER TABLE auth_user DROP CONSTRAINT organizations_no_superuser;
DROP TRIGGER organizations_check_appointment ON organizations_officerappointment;
DROP TRIGGER organizations_check_officer ON organizations_account;
DROP TRIGGER organizations_keep_power ON organizations_power;
DROP TRIGGER organizations_check_power ON organizations_power;
DROP TRIGGER organizations_check_role ON organizations_role;
DROP FUNCTION organizations_check_appointment();
DROP FUNCTION organizations_check_officer();
DROP FUNCTION organizations_keep_power();
DROP FUNCTION organizations_check_power();
DROP FUNCTION organizations_check_role();
DROP FUNCTION organizations_refuse(text, text);
"""


class Migration(migrations.Migration):
    """Functions and triggers."""

    dependencies = [
        ("organizations", "0002_organization"),
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = [
        migrations.RunSQL(
            "\n".join((_REFUSE, _ROLES, _POWERS, _ACCOUNTS, _NO_SUPERUSER)), _UNDO
        ),
    ]
