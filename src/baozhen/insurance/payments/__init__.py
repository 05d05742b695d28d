"""收费: orders that ask for money, the channels that bring it, the ledger, reconciliation.

`Payment` is the one payment of a frozen proposal; `PaymentOrder` asks for it beforehand.
"""
