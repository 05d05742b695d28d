"""Addresses of the staff pages for payments."""

from django.urls import URLPattern, path

from baozhen.faces.console.payments import (
    invoices,
    ledger,
    orders,
    reconciliation,
    refunds,
    regions,
)

URLS: list[URLPattern] = [
    path("payments/orders", orders.listing, name="payment_orders"),
    path("payments/orders/<str:order_no>", orders.one, name="payment_order"),
    path("payments/receipts/<int:key>/refund", refunds.propose, name="refund_propose"),
    path("payments/refunds", refunds.listing, name="refunds"),
    path("payments/refunds/<str:refund_no>", refunds.one, name="refund"),
    path("payments/refunds/<str:refund_no>/approve", refunds.approve, name="refund_approve"),
    path("payments/refunds/<str:refund_no>/reject", refunds.reject, name="refund_reject"),
    path("payments/refunds/<str:refund_no>/retry", refunds.retry, name="refund_retry"),
    path("payments/invoices", invoices.listing, name="invoices"),
    path("payments/invoices/<str:request_no>", invoices.one, name="invoice"),
    path("payments/invoices/<str:request_no>/again", invoices.again, name="invoice_again"),
    path("payments/regions", regions.regions, name="payment_regions"),
    path("payments/unmatched", orders.unmatched, name="unmatched_receipts"),
    path("payments/ledger", ledger.balances_page, name="ledger"),
    path("payments/ledger/entries", ledger.entries, name="ledger_entries"),
    path("payments/ledger/journals/<int:key>", ledger.journal, name="ledger_journal"),
    path("payments/reconciliation", reconciliation.listing, name="reconciliation"),
    path("payments/reconciliation/<int:key>", reconciliation.run, name="reconciliation_run"),
    path("payments/differences", reconciliation.differences, name="payment_differences"),
    path("payments/differences/<int:key>", reconciliation.difference, name="payment_difference"),
    path("payments/differences/<int:key>/handle", reconciliation.handle, name="difference_handle"),
]
