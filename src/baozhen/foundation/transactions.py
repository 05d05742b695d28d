"""What adapters of outside systems ask before they call out."""

from collections.abc import Sequence

from django.db import connections


def refuse_inside_transaction(what: str) -> None:
    """Raise RuntimeError when a transaction is open: an outside call would hold its locks.

    A test's own enclosing transaction does not count, as in Django's durable blocks.
    """
    for connection in connections.all(initialized_only=True):
        if connection.in_atomic_block and not _is_a_tests(connection.atomic_blocks):
            raise RuntimeError(f"{what} inside a database transaction")


def _is_a_tests(blocks: Sequence[object]) -> bool:
    return bool(blocks) and getattr(blocks[-1], "_from_testcase", False)
