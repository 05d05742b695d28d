"""What draws on documents with the platform's own fonts, one of each a process."""

from functools import lru_cache
from pathlib import Path

from django.conf import settings

from baozhen.trust.pdf.fonts import FontSet
from baozhen.trust.pdf.marks import MarkedCopies
from baozhen.trust.pdf.overlay import Overlay


@lru_cache(maxsize=1)
def document_overlay() -> Overlay:
    """Return what draws values and prints; SigningError when the fonts have not been prepared."""
    return Overlay(_fonts())


@lru_cache(maxsize=1)
def marked_copies() -> MarkedCopies:
    """Return what makes black-seal copies; SigningError when the fonts have not been prepared."""
    return MarkedCopies(_fonts())


def _fonts() -> Path:
    return FontSet.open(Path(settings.BAOZHEN_FONTS)).folder
