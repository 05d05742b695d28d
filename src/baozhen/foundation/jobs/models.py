"""Jobs that wait for a person."""

from django.db import models


class ParkedJob(models.Model):
    """A job that was refused, or failed too often: the console shows it with a retry button."""

    name = models.CharField("任务", max_length=128)
    queue = models.CharField("队列", max_length=32)
    args = models.JSONField("参数（仅编号）")
    code = models.CharField("错误代码", max_length=64)
    message = models.TextField("说明")
    trace = models.CharField("追踪号", max_length=32)
    attempts = models.PositiveIntegerField("已执行次数")
    parked_at = models.DateTimeField("搁置时间")
    retried_at = models.DateTimeField("重试时间", null=True)
    retried_by = models.CharField("重试人", max_length=64, blank=True)

    class Meta:
        verbose_name = "搁置任务"
        verbose_name_plural = "搁置任务"
        indexes = [
            models.Index(
                fields=["-parked_at"],
                name="jobs_waiting",
                condition=models.Q(retried_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.code}"
