"""The acts on templates: make, edit, approve, retire, link clauses, fill."""

from baozhen.signing.templates.services.clauses import change_clause, make_clause
from baozhen.signing.templates.services.deciding import (
    Approval,
    approve_version,
    drop_version,
    retire_version,
    return_version,
    submit_version,
)
from baozhen.signing.templates.services.drafting import (
    Content,
    TemplateChange,
    TemplateDraft,
    add_version,
    change_template,
    create_template,
    edit_draft,
    prepare_upload,
)
from baozhen.signing.templates.services.filling import (
    FilledDocument,
    fill,
    refill,
    try_content,
    try_fill,
)
from baozhen.signing.templates.services.sharing import share_template

__all__ = [
    "Approval",
    "Content",
    "FilledDocument",
    "TemplateChange",
    "TemplateDraft",
    "add_version",
    "approve_version",
    "change_clause",
    "change_template",
    "create_template",
    "drop_version",
    "edit_draft",
    "fill",
    "make_clause",
    "prepare_upload",
    "refill",
    "retire_version",
    "return_version",
    "share_template",
    "submit_version",
    "try_content",
    "try_fill",
]
