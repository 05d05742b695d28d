"""Triggers: receipts and the ledger are never changed or removed, and every journal balances."""

from django.db import migrations

REFUSE = """
CREATE TRIGGER receipt_frozen BEFORE UPDATE OR DELETE ON payments_receipt
    FOR EACH ROW EXECUTE FUNCTION payments_refuse_change();
CREATE TRIGGER notice_frozen BEFORE UPDATE OR DELETE ON payments_channelnotice
    FOR EACH ROW EXECUTE FUNCTION payments_refuse_change();
CREATE TRIGGER journal_frozen BEFORE UPDATE OR DELETE ON payments_journal
    FOR EACH ROW EXECUTE FUNCTION payments_refuse_change();
CREATE TRIGGER ledger_frozen BEFORE UPDATE OR DELETE ON payments_ledgerentry
    FOR EACH ROW EXECUTE FUNCTION payments_refuse_change();
CREATE TRIGGER refund_stays BEFORE DELETE ON payments_refund
    FOR EACH ROW EXECUTE FUNCTION payments_refuse_change();
CREATE FUNCTION payments_require_balance() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    difference bigint;
BEGIN
    SELECT sum(debit_fen) - sum(credit_fen) INTO difference
        FROM payments_ledgerentry WHERE journal_id = NEW.journal_id;
    IF difference <> 0 THEN
        RAISE EXCEPTION 'journal % is out of balance by % fen', NEW.journal_id, difference
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER ledger_balanced AFTER INSERT ON payments_ledgerentry
    DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION payments_require_balance();
"""

ALLOW = """
DROP TRIGGER ledger_balanced ON payments_ledgerentry;
DROP FUNCTION payments_require_balance();
DROP TRIGGER refund_stays ON payments_refund;
DROP TRIGGER ledger_frozen ON payments_ledgerentry;
DROP TRIGGER journal_frozen ON payments_journal;
DROP TRIGGER notice_frozen ON payments_channelnotice;
DROP TRIGGER receipt_frozen ON payments_receipt;
"""


class Migration(migrations.Migration):
    dependencies = [("payments", "0003_orders")]
    operations = [migrations.RunSQL(REFUSE, ALLOW)]
