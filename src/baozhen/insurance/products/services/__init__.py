"""Verbs of the products stage."""

from baozhen.insurance.products.services.versions import (
    TableDraft,
    approve_version,
    import_table,
    reject_version,
    retire_version,
    store_shipped,
    submit_version,
)

__all__ = [
    "TableDraft",
    "approve_version",
    "import_table",
    "reject_version",
    "retire_version",
    "store_shipped",
    "submit_version",
]
