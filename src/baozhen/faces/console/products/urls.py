"""Addresses of the staff pages for: products."""

from django.urls import URLPattern, path

from baozhen.faces.console.products import entering, offers, tables

_TABLE = "tables/<int:key>"

URLS: list[URLPattern] = [
    path("products", offers.products, name="products"),
    path("tables", tables.tables, name="tables"),
    path("tables/import", entering.import_csv, name="table_import"),
    path("tables/current.csv", entering.current_csv, name="table_csv"),
    path("solvency/new", entering.solvency, name="solvency_new"),
    path(_TABLE, tables.table, name="table"),
    path(f"{_TABLE}/submit", tables.submit, name="table_submit"),
    path(f"{_TABLE}/approve", tables.approve, name="table_approve"),
    path(f"{_TABLE}/reject", tables.reject, name="table_reject"),
    path(f"{_TABLE}/retire", tables.retire, name="table_retire"),
]
