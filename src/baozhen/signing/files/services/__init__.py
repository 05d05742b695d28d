"""Verbs of the archive and of the file centre."""

from baozhen.signing.files.services.comparing import compare_documents, note_compared
from baozhen.signing.files.services.copies import (
    CopyOrder,
    MadeCopy,
    download,
    make_black_copy,
    make_print,
    note_mark_read,
    read_copy_mark,
)
from baozhen.signing.files.services.keeping import (
    AlreadyDisposed,
    Document,
    HoldNotInForce,
    Stamp,
    archive_many,
    dispose,
    erase_disposed,
    erase_disposed_job,
    hold_business,
    place_hold,
    release_hold,
)
from baozhen.signing.files.services.linking import LinkOrder, end_link, make_link, take_by_link
from baozhen.signing.files.services.registering import (
    FileFacts,
    Involved,
    index_files,
    register_file,
    register_files,
    renew_parties,
)

__all__ = [
    "AlreadyDisposed",
    "CopyOrder",
    "Document",
    "FileFacts",
    "HoldNotInForce",
    "Involved",
    "LinkOrder",
    "MadeCopy",
    "Stamp",
    "archive_many",
    "compare_documents",
    "dispose",
    "download",
    "end_link",
    "erase_disposed",
    "erase_disposed_job",
    "hold_business",
    "index_files",
    "make_black_copy",
    "make_link",
    "make_print",
    "note_compared",
    "note_mark_read",
    "place_hold",
    "read_copy_mark",
    "register_file",
    "register_files",
    "release_hold",
    "renew_parties",
    "take_by_link",
]
