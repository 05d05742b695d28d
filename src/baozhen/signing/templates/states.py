"""The life of one version of a template at a glance."""

from enum import StrEnum


class SourceKind(StrEnum):
    """What a version is made from."""

    PDF = "pdf"
    DOCX = "docx"
    TYPST = "typst"


SOURCE_LABELS = {
    SourceKind.PDF: "PDF 文件",
    SourceKind.DOCX: "Word 文件",
    SourceKind.TYPST: "在线编排",
}


class VersionState(StrEnum):
    """Only a draft may be edited; an approved version never changes; a retired one fills no more.

    What was submitted waits for a second person, who approves it or sends it back.
    """

    DRAFT = "draft"
    SUBMITTED = "submitted"
    APPROVED = "approved"
    RETIRED = "retired"
    DROPPED = "dropped"


LABELS = {
    VersionState.DRAFT: "草稿",
    VersionState.SUBMITTED: "待批准",
    VersionState.APPROVED: "已批准",
    VersionState.RETIRED: "已停用",
    VersionState.DROPPED: "已放弃",
}

MOVES: dict[VersionState, frozenset[VersionState]] = {
    VersionState.DRAFT: frozenset({VersionState.SUBMITTED, VersionState.DROPPED}),
    VersionState.SUBMITTED: frozenset(
        {VersionState.APPROVED, VersionState.DRAFT, VersionState.DROPPED}
    ),
    VersionState.APPROVED: frozenset({VersionState.RETIRED}),
    VersionState.RETIRED: frozenset(),
    VersionState.DROPPED: frozenset(),
}


class Sharing(StrEnum):
    """Which units may use a template."""

    OWN = "own"
    BELOW = "below"
    CHOSEN = "chosen"
    ALL = "all"


SHARING_LABELS = {
    Sharing.OWN: "仅本机构",
    Sharing.BELOW: "本机构及下级",
    Sharing.CHOSEN: "选定的机构及其下级",
    Sharing.ALL: "全部机构",
}
