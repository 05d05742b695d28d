"""Files for templates."""

import io

import pikepdf


def two_pages() -> bytes:
    """A PDF of two blank pages, the second one turned."""
    pdf = pikepdf.new()
    pdf.add_blank_page(page_size=(595, 842))
    pdf.add_blank_page(page_size=(595, 842))
    pdf.pages[1].obj.Rotate = 90
    target = io.BytesIO()
    pdf.save(target)
    return target.getvalue()
