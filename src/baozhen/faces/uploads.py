"""A file that a stranger sends: taken up to a limit, never parsed in this process."""

from django.core.files.uploadedfile import UploadedFile

from baozhen.faces.errors import TooLarge

UPLOAD_BYTES_MAX = 10 * 1024 * 1024


def bytes_of(upload: "UploadedFile[bytes]") -> bytes:
    """Return the bytes of an upload, or raise TooLarge."""
    if (upload.size or 0) > UPLOAD_BYTES_MAX:
        raise TooLarge(limit="10 MB")
    return bytes(upload.read())
