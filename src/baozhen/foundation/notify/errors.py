"""How mail fails."""

from baozhen.foundation.errors import Outage, Refusal


class MailOutage(Outage):
    """The mail server did not answer, or asked to come back later."""

    code = "mail_outage"
    message = "邮件服务暂时不可用：{reason}"


class MailRefused(Refusal):
    """The mail server will never take this message."""

    code = "mail_refused"
    message = "邮件服务拒绝投递：{reason}"


class MailAddressInvalid(Refusal):
    """The address is not one that mail can be sent to."""

    code = "mail_address_invalid"
    message = "电子邮箱格式不正确"
