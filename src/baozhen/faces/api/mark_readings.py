"""The mark of a copy read back by REST: who got the desensitised copy that turned up somewhere."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from ninja import Field, File, Router, Schema, UploadedFile

from baozhen.faces.api.auth import Bearer
from baozhen.faces.api.conventions import PublicId, client_name
from baozhen.faces.api.documents import PROBLEMS
from baozhen.faces.limits import BULK
from baozhen.faces.uploads import bytes_of
from baozhen.foundation.clock import now
from baozhen.signing.files.models import FileCopy
from baozhen.signing.files.services import note_mark_read, read_copy_mark
from baozhen.signing.organizations.services import Scope

router = Router(tags=["文件"])


class MarkedCopyInfo(Schema):
    """What the register of copies says."""

    file: PublicId = Field(description="文件编号")
    recipient: str = Field(description="领取人")
    reason: str = Field(description="用途")
    made_by: str = Field(description="操作人：staff:… 为员工，api:… 为接口客户端")
    at: datetime = Field(description="登记时间")
    count: int = Field(description="这份文件的第几份脱敏副本")


class MarkReading(Schema):
    """What a mark says, and the copy in the register that agrees with it."""

    recipient: str = Field(description="标记里的领取人")
    at: datetime = Field(description="标记里的时间")
    number: str = Field(description="标记里的副本编号")
    copy_record: MarkedCopyInfo | None = Field(
        description="登记的副本；null：登记中没有与标记一致的副本，或不是本客户端的文件，标记可能是伪造的"
    )


@router.post(
    "/mark-readings",
    response={200: MarkReading, **PROBLEMS},
    auth=Bearer(Scope.FILES_READ, BULK),
    summary="读取下载标记",
)
def read_mark(request: HttpRequest, file: File[UploadedFile]) -> dict[str, Any]:
    """Read who got a copy from its PDF, its scan or a photograph (PNG, JPEG), up to 10 MB.

    What is sent is not kept; that the record of a copy was read is on the file's record.
    """
    client = client_name(request)
    mark, copy = read_copy_mark(bytes_of(file, path="file"))
    if copy is not None and copy.entry.client != client:
        copy = None
    if copy is not None:
        note_mark_read(copy, actor=client, at=now())
    return {
        "recipient": mark.recipient,
        "at": mark.at,
        "number": mark.number,
        "copy_record": _copy(copy) if copy is not None else None,
    }


def _copy(copy: FileCopy) -> dict[str, Any]:
    return {
        "file": copy.entry.public_id,
        "recipient": copy.recipient,
        "reason": copy.reason,
        "made_by": copy.actor,
        "at": copy.at,
        "count": copy.count,
    }
