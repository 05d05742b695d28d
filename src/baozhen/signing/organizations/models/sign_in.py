"""What signing in needs: password history, second factors, sessions, providers, rules."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models

from baozhen.foundation.fields import EncryptedTextField


class SignInPolicy(models.Model):
    """The one row of figures that sign-in obeys."""

    password_days = models.PositiveSmallIntegerField("密码有效天数", default=90)
    password_history = models.PositiveSmallIntegerField("不得重复的历史密码数", default=5)
    sessions_max = models.PositiveSmallIntegerField("同时在线数", default=3)
    idle_minutes = models.PositiveSmallIntegerField("闲置退出（分钟）", default=30)
    absolute_hours = models.PositiveSmallIntegerField("最长在线（小时）", default=8)
    officers_need_second_factor = models.BooleanField("三员强制双因素", default=True)
    everybody_needs_second_factor = models.BooleanField("全员强制双因素", default=False)

    class Meta:
        verbose_name = "登录策略"
        verbose_name_plural = "登录策略"
        constraints = [
            models.CheckConstraint(condition=models.Q(pk=1), name="organizations_one_policy"),
        ]

    def __str__(self) -> str:
        return "登录策略"


class PasswordRecord(models.Model):
    """A password that was set, as Django's hash: to tell its age and to refuse it again."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="passwords"
    )
    password = models.CharField("密码摘要", max_length=128)
    set_at = models.DateTimeField("设置时间")
    is_initial = models.BooleanField("初始密码", default=False)

    class Meta:
        verbose_name = "密码记录"
        verbose_name_plural = "密码记录"

    def __str__(self) -> str:
        return f"{self.user_id} {self.set_at:%Y-%m-%d}"


class TOTPSecret(models.Model):
    """The shared secret of a person's authenticator (RFC 6238); it counts once confirmed."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="totp"
    )
    secret = EncryptedTextField("密钥")
    created_at = models.DateTimeField("创建时间")
    confirmed_at = models.DateTimeField("确认时间", null=True)
    # The time step of the last code that was accepted: none works twice (RFC 6238 §5.2).
    last_step = models.BigIntegerField("最近时间步", default=0)

    class Meta:
        verbose_name = "动态口令"
        verbose_name_plural = "动态口令"

    def __str__(self) -> str:
        return f"{self.user_id}"


class Passkey(models.Model):
    """A public key of a person's authenticator (WebAuthn)."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="passkeys"
    )
    name = models.CharField("名称", max_length=64)
    credential_id = models.BinaryField("凭证编号", max_length=1023, unique=True)
    credential = models.BinaryField("凭证")
    sign_count = models.BigIntegerField("计数", default=0)
    created_at = models.DateTimeField("创建时间")
    last_used_at = models.DateTimeField("最近使用", null=True)

    class Meta:
        verbose_name = "安全密钥"
        verbose_name_plural = "安全密钥"

    def __str__(self) -> str:
        return self.name


class RecoveryCode(models.Model):
    """A code for the day the telephone is lost: kept as a keyed hash, works once."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="recovery_codes"
    )
    code_hash = models.CharField("摘要", max_length=64)
    created_at = models.DateTimeField("创建时间")
    used_at = models.DateTimeField("使用时间", null=True)

    class Meta:
        verbose_name = "恢复码"
        verbose_name_plural = "恢复码"

    def __str__(self) -> str:
        return f"{self.user_id}"


class StaffSession(models.Model):
    """One signed-in browser of a person."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="staff_sessions"
    )
    # The keyed hash of Django's session key: who reads this table can take over no session.
    key_hash = models.CharField("会话摘要", max_length=64, unique=True)
    method = models.CharField("登录方式", max_length=32)
    address = models.CharField("网络地址", max_length=45, blank=True)
    agent = models.CharField("浏览器", max_length=200, blank=True)
    started_at = models.DateTimeField("登录时间")
    seen_at = models.DateTimeField("最近活动")
    ended_at = models.DateTimeField("结束时间", null=True)
    end_reason = models.CharField("结束原因", max_length=32, blank=True)

    class Meta:
        verbose_name = "登录会话"
        verbose_name_plural = "登录会话"
        indexes = [
            models.Index(
                fields=["user"],
                condition=models.Q(ended_at__isnull=True),
                name="organizations_session",
            )
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.started_at:%Y-%m-%d %H:%M}"


class IdentityProvider(models.Model):
    """An OpenID Connect provider whose word signs people in, and the rule that finds them."""

    slug = models.SlugField("标识", max_length=32, unique=True)
    name = models.CharField("名称", max_length=64)
    issuer = models.URLField("签发者", max_length=255)
    client_id = models.CharField("客户端编号", max_length=128)
    client_secret = EncryptedTextField("客户端密钥", blank=True)
    scopes = models.CharField("范围", max_length=128, default="openid profile email")
    claim = models.CharField("取用的声明", max_length=64, default="sub")
    match = models.CharField(
        "对应的账号字段",
        max_length=16,
        choices=[
            ("staff_no", "工号"),
            ("username", "用户名"),
            ("email", "邮箱"),
            ("external_id", "来源系统编号"),
        ],
        default="staff_no",
    )
    # The provider's own second factor counts when `acr` or `amr` holds one of these.
    strong_values = ArrayField(
        models.CharField(max_length=64), default=list, blank=True, verbose_name="视为双因素的值"
    )
    active = models.BooleanField("启用", default=True)

    class Meta:
        verbose_name = "单点登录来源"
        verbose_name_plural = "单点登录来源"

    def __str__(self) -> str:
        return self.name


class HeaderRule(models.Model):
    """A header that a trusted proxy sets after it has signed the person in."""

    name = models.CharField("名称", max_length=64, unique=True)
    header = models.CharField("请求头", max_length=64)
    match = models.CharField(
        "对应的账号字段",
        max_length=16,
        choices=[("staff_no", "工号"), ("username", "用户名"), ("external_id", "来源系统编号")],
        default="staff_no",
    )
    networks = ArrayField(models.CharField(max_length=43), verbose_name="可信代理网段")
    # Sent by the proxy beside the header; the address alone can be another program's.
    secret_header = models.CharField("验证请求头", max_length=64, default="X-Proxy-Secret")
    secret_hash = models.CharField("验证值摘要", max_length=64)
    active = models.BooleanField("启用", default=True)

    class Meta:
        verbose_name = "请求头登录规则"
        verbose_name_plural = "请求头登录规则"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(networks__len__gt=0), name="organizations_rule_networks"
            ),
        ]

    def __str__(self) -> str:
        return self.name
