"""Papers of the file centre: laid out with our fonts and sealed by the company."""

from baozhen.signing.files.papers.making import (
    Paper,
    Section,
    VisibleSeal,
    printable,
    seal_paper,
)

__all__ = ["Paper", "Section", "VisibleSeal", "printable", "seal_paper"]
