"""Refusals about batches and idempotency keys."""

from baozhen.foundation.errors import Refusal


class IdempotencyKeyReused(Refusal):
    """The key was used for another request."""

    code = "idempotency_key_reused"
    message = "幂等键 {key} 已用于另一请求，内容不同；请换一个新的键"


class BatchTooLong(Refusal):
    """More lines than a batch may have."""

    code = "batch_too_long"
    message = "一个批次最多 {limit} 行，请拆分后再提交"


class BatchDiffers(Refusal):
    """A resumed batch brought another line than before."""

    code = "batch_content_differs"
    message = "第 {line} 行与此前提交的内容不同；同一幂等键只能续传同一文件"


class BatchEmpty(Refusal):
    """Not a single line."""

    code = "batch_empty"
    message = "批次中没有任何投保单"


class BatchUnknown(Refusal):
    """No such batch of this client."""

    code = "batch_unknown"
    message = "没有编号为 {key} 的批次"
