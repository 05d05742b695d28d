"""Triggers: a confirmed payment is never changed, and no payment is removed."""

from django.db import migrations

REFUSE = """
CREATE FUNCTION payments_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%: % is refused, what is written there is frozen', TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER payment_stays BEFORE DELETE ON payments_payment
    FOR EACH ROW EXECUTE FUNCTION payments_refuse_change();
CREATE TRIGGER payment_frozen BEFORE UPDATE ON payments_payment
    FOR EACH ROW WHEN (OLD.state = 'confirmed' AND (NEW.proposal_id, NEW.order_no, NEW.amount_fen, NEW.channel,
            NEW.payer_index, NEW.account_masked, NEW.paid_at, NEW.confirmed_at)
        IS DISTINCT FROM
        (OLD.proposal_id, OLD.order_no, OLD.amount_fen, OLD.channel,
            OLD.payer_index, OLD.account_masked, OLD.paid_at, OLD.confirmed_at))
    EXECUTE FUNCTION payments_refuse_change();
"""

ALLOW = """
DROP TRIGGER payment_stays ON payments_payment;
DROP TRIGGER payment_frozen ON payments_payment;
DROP FUNCTION payments_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("payments", "0001_initial")]
    operations = [migrations.RunSQL(REFUSE, ALLOW)]
