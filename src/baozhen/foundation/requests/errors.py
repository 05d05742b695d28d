"""How a repeated request is refused."""

from baozhen.foundation.errors import Refusal


class IdempotencyKeySpent(Refusal):
    """The key was used for another content; the fact `existing_id` names what it made."""

    code = "idempotency_key_reused"
    message = "幂等键已用于内容不同的请求"


class RequestInProgress(Refusal):
    """The first request with this key has not been answered yet."""

    code = "request_in_progress"
    message = "同一幂等键的请求正在处理，请稍后再试"


class NonceSpent(Refusal):
    """A signed request was sent a second time."""

    code = "signature_replayed"
    message = "该签名请求已经用过"
