"""The refusals of those who ask for a key."""

from baozhen.foundation.errors import Refusal


class KeyMismatch(Refusal):
    """Key and certificate do not belong together."""

    code = "certificate_key"
    message = "密钥 {reference} 与证书不是一对"


class ProbeFailed(Refusal):
    """The key does not sign, or not so that the certificate verifies it."""

    code = "certificate_probe"
    message = "密钥 {reference} 的试签验签未通过：{reason}"


class NoActiveCertificate(Refusal):
    """Nothing can be signed with this algorithm."""

    code = "certificate_missing"
    message = "没有可用的 {algorithm} 签章证书"
