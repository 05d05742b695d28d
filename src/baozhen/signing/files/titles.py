"""The title and the parties of a file as those may see them who need not know the people."""

from dataclasses import dataclass
from datetime import datetime

from baozhen.foundation.masking import mask_name, mask_text
from baozhen.signing.files.models import FileEntry


def open_title(entry: FileEntry) -> str:
    """Return the title with the names of people and numbers masked."""
    title = entry.title
    for party in entry.parties or []:
        if party["is_person"] and party["name"]:
            title = title.replace(party["name"], mask_name(party["name"]))
    return mask_text(title)


@dataclass(frozen=True, kw_only=True)
class Party:
    """A party by name, people's masked; `until` is since when it is a former one."""

    name: str
    until: datetime | None = None


def open_parties(entry: FileEntry) -> list[Party]:
    """Return the parties of a file, former ones with them, in the order of their coming."""
    return [
        Party(
            name=mask_name(party["name"]) if party["is_person"] else party["name"],
            until=datetime.fromisoformat(party["until"]) if party.get("until") else None,
        )
        for party in entry.parties or []
    ]
