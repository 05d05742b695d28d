"""A file that a stranger sends: taken up to a limit, never parsed in this process."""

from django.core.files.uploadedfile import UploadedFile

from baozhen.faces.errors import TooLarge

UPLOAD_BYTES_MAX = 10 * 1024 * 1024
UPLOAD_MAX = "10 MB"


def bytes_of(upload: "UploadedFile[bytes]", *, path: str = "") -> bytes:
    """Return the bytes of an upload, or raise TooLarge; `path` names the field."""
    if (upload.size or 0) > UPLOAD_BYTES_MAX:
        raise TooLarge(path=path, limit=UPLOAD_MAX)
    return bytes(upload.read())
