"""The text of a PDF as a reader sees it, by a library that had no part in making it."""

import pypdfium2


def extract_text(data: bytes) -> str:
    """Return the text of all pages, one after the other."""
    document = pypdfium2.PdfDocument(data)
    try:
        return "\n".join(page.get_textpage().get_text_range() for page in document)
    finally:
        document.close()
