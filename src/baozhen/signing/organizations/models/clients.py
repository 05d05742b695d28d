"""Programs that may call the API."""

from django.contrib.postgres.fields import ArrayField
from django.db import models


class ApiClient(models.Model):
    """A partner's program. Its key is shown once and kept only as a keyed hash.

    After a renewal the key of before is good until `former_until`, so that nothing stands still.
    """

    name = models.CharField("名称", max_length=64, unique=True)
    key_prefix = models.CharField("密钥前缀", max_length=16, unique=True)
    key_hash = models.CharField("密钥摘要", max_length=64)
    former_prefix = models.CharField("原密钥前缀", max_length=16, blank=True, db_index=True)
    former_hash = models.CharField("原密钥摘要", max_length=64, blank=True)
    former_until = models.DateTimeField("原密钥有效至", null=True)
    scopes = ArrayField(models.CharField(max_length=32), verbose_name="授权范围")
    networks = ArrayField(
        models.CharField(max_length=43), default=list, blank=True, verbose_name="来源网段"
    )
    embed_origins = ArrayField(
        models.CharField(max_length=255), default=list, blank=True, verbose_name="嵌入来源"
    )
    active = models.BooleanField("启用", default=True)
    created_at = models.DateTimeField("创建时间")
    expires_at = models.DateTimeField("失效时间")

    class Meta:
        verbose_name = "接口客户端"
        verbose_name_plural = "接口客户端"

    def __str__(self) -> str:
        return self.name
