"""Verbs of the payments stage: orders, what channels tell, refunds, the ledger, reconciliation."""
