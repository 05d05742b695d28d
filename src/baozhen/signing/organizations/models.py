"""Programs that may call the API, and the anchor of the staff's permissions."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from baozhen.signing.organizations.roles import LABELS

STAFF_PERMISSIONS = tuple((permission.value, label) for permission, label in LABELS.items())


class ApiClient(models.Model):
    """A partner's program. Its key is shown once and kept only as a keyed hash."""

    name = models.CharField("名称", max_length=64, unique=True)
    key_prefix = models.CharField("密钥前缀", max_length=16, unique=True)
    key_hash = models.CharField("密钥摘要", max_length=64)
    scopes = ArrayField(models.CharField(max_length=32), verbose_name="授权范围")
    networks = ArrayField(
        models.CharField(max_length=43), default=list, blank=True, verbose_name="来源网段"
    )
    active = models.BooleanField("启用", default=True)
    created_at = models.DateTimeField("创建时间")
    expires_at = models.DateTimeField("失效时间")

    class Meta:
        verbose_name = "接口客户端"
        verbose_name_plural = "接口客户端"

    def __str__(self) -> str:
        return self.name


class StaffPermission(models.Model):
    """No table: Django needs a model to hang permissions on."""

    class Meta:
        managed = False
        default_permissions = ()
        permissions = STAFF_PERMISSIONS
        verbose_name = "员工权限"
        verbose_name_plural = "员工权限"

    def __str__(self) -> str:
        return "员工权限"
