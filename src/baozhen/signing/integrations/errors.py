"""How a connected system is refused."""

from baozhen.foundation.errors import Refusal


class ConnectedSystemUnknown(Refusal):
    """No system of this code, or another client's."""

    code = "connected_system_unknown"
    message = "没有找到对接系统 {system}"


class ConnectedSystemInvalid(Refusal):
    """What was set up cannot work."""

    code = "connected_system_invalid"
    message = "对接配置有误：{reason}"


class InboundUnmapped(Refusal):
    """The message lacks what the mapping asks for; the facts hold one fault each."""

    code = "inbound_unmapped"
    message = "报文有 {count} 处无法映射"


class InboundFlowMissing(Refusal):
    """No flow of the system takes this message."""

    code = "inbound_flow_missing"
    message = "没有适用于该报文的签署流程"


class SignatureMissing(Refusal):
    """The client must sign its requests, and did not."""

    code = "signature_missing"
    message = "该客户端的请求必须签名（RFC 9421）"


class SignatureInvalid(Refusal):
    """The signature, its time or its digest is wrong."""

    code = "signature_invalid"
    message = "请求签名无效：{reason}"


class RequestKeyInvalid(Refusal):
    """The key that shall sign requests is not one."""

    code = "request_key_invalid"
    message = "签名公钥无效：{reason}"
