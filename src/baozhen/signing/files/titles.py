"""The title of a file as strangers may see it."""

from baozhen.foundation.masking import mask_name, mask_text
from baozhen.signing.files.models import FileEntry


def open_title(entry: FileEntry) -> str:
    """Return the title with the names of people and numbers masked."""
    title = entry.title
    for party in entry.parties or []:
        if party["is_person"] and party["name"]:
            title = title.replace(party["name"], mask_name(party["name"]))
    return mask_text(title)
