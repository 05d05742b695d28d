"""Payments: orders, money that goes back, the ledger, reconciliation; the staff pages."""
