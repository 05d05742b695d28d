"""The text of a PDF as a reader sees it, by a library that had no part in making it."""

from baozhen.trust.pdf.rendering import opened


def extract_text(data: bytes) -> str:
    """Return the text of all pages, one after the other; raises TrustError for what is no PDF."""
    with opened(data) as document:
        return "\n".join(page.get_textpage().get_text_range() for page in document)
