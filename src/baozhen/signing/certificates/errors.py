"""The refusals of certificate bindings."""

from baozhen.foundation.errors import Outage, Refusal


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


class AuthorityUnknown(Refusal):
    """No authority of that name is configured."""

    code = "authority_unknown"
    message = "没有配置证书签发机构 {authority}"


class BindingNotFound(Refusal):
    """There is no such binding."""

    code = "binding_unknown"
    message = "没有指纹为 {binding} 的证书绑定"


class ApplicationNotFound(Refusal):
    """There is no such application."""

    code = "certificate_application_unknown"
    message = "没有编号为 {application} 的证书申请"


class KeyRecordNotFound(Refusal):
    """There is no such U-key record."""

    code = "ukey_unknown"
    message = "没有编号为 {key} 的 U-key 记录"


class AnchorNotFound(Refusal):
    """There is no such trust anchor."""

    code = "trust_anchor_unknown"
    message = "没有编号为 {anchor} 的信任锚"


class AnchorListed(Refusal):
    """The root is listed, or waits for its second person, already."""

    code = "trust_anchor_listed"
    message = "该证书已经列入或正在等待复核"


class AnchorUnsuitable(Refusal):
    """The certificate is no root that others may rest on."""

    code = "trust_anchor_unsuitable"
    message = "该证书不能作为信任锚：{reason}"


class SecondPersonNeeded(Refusal):
    """Who proposed may not decide."""

    code = "second_person_needed"
    message = "须由另一人复核"


class ReasonMissing(Refusal):
    """The act needs a reason."""

    code = "certificate_reason_missing"
    message = "请填写理由"


class KeyFileUnreadable(Refusal):
    """The key that was handed in cannot be read."""

    code = "key_file_unreadable"
    message = "私钥文件无法读取：{reason}"


class RevocationOutage(Outage):
    """News of a certificate could not be fetched."""

    code = "revocation_outage"
    message = "无法从 {url} 取得吊销信息：{reason}"


class BindingsFailing(Refusal):
    """A binding's key does not answer its self-test."""

    code = "bindings_failing"
    message = "证书自检失败，相关公司暂停签发：{bindings}"


class RevocationStale(Refusal):
    """News of revocations has ended and could not be renewed."""

    code = "revocation_stale"
    message = "吊销信息已过期：{urls}"
