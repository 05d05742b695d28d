"""The refusals of certificate bindings."""

from baozhen.foundation.errors import Refusal


class CertificateUnreadable(Refusal):
    """The file is no certificate that we can use."""

    code = "certificate_unreadable"
    message = "证书文件无法使用：{reason}"


class CertificateUntrusted(Refusal):
    """The certificate does not lead to the anchors that came with it."""

    code = "certificate_untrusted"
    message = "证书不能验证到所给的信任锚：{reason}"


class WrongOrganization(Refusal):
    """The certificate is somebody else's."""

    code = "certificate_organization"
    message = "证书的持有人是“{found}”，不是“{expected}”"


class AlreadyBound(Refusal):
    """The certificate has a binding already."""

    code = "certificate_bound"
    message = "证书 {fingerprint} 已经绑定"


class DemonstrationCertificate(Refusal):
    """A demonstration certificate was offered to production."""

    code = "certificate_demonstration"
    message = "生产模式不接受演示证书"
