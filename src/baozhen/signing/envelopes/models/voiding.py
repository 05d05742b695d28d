"""A wish to void, and every party's word on it."""

from django.db import models

from baozhen.foundation.states import Stateful
from baozhen.signing.envelopes.models.envelopes import Envelope
from baozhen.signing.envelopes.models.parties import Signatory
from baozhen.signing.envelopes.states import VOID_LABELS, VOID_MOVES, VoidState
from baozhen.signing.identity.models import ConsentCheck


class VoidRequest(Stateful):
    """A wish to void a completed envelope; every party that signed has to agree."""

    MOVES = VOID_MOVES
    NOUN = "void_request"

    state = models.CharField(
        "状态",
        max_length=16,
        choices=[(state.value, label) for state, label in VOID_LABELS.items()],
        default=VoidState.OPEN.value,
        editable=False,
    )
    envelope = models.ForeignKey(
        Envelope, on_delete=models.PROTECT, related_name="void_requests", verbose_name="签署任务"
    )
    reason = models.CharField("原因", max_length=500)
    requested_by = models.CharField("申请人", max_length=64)
    requested_at = models.DateTimeField("申请时间")
    ended_at = models.DateTimeField("结束时间", null=True)

    class Meta:
        verbose_name = "作废申请"
        verbose_name_plural = "作废申请"
        constraints = [
            models.UniqueConstraint(
                fields=["envelope"],
                condition=models.Q(state="open"),
                name="envelopes_one_void_request",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.envelope_id}"


class VoidConsent(models.Model):
    """One party's word on a request to void."""

    request = models.ForeignKey(
        VoidRequest, on_delete=models.PROTECT, related_name="consents", verbose_name="作废申请"
    )
    signatory = models.ForeignKey(
        Signatory, on_delete=models.PROTECT, related_name="+", verbose_name="签署方"
    )
    has_agreed = models.BooleanField("同意")
    will = models.ForeignKey(
        ConsentCheck, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="意愿"
    )
    given_by = models.CharField("操作人", max_length=64)
    given_at = models.DateTimeField("时间")

    class Meta:
        verbose_name = "作废确认"
        verbose_name_plural = "作废确认"
        constraints = [
            models.UniqueConstraint(fields=["request", "signatory"], name="envelopes_void_once"),
        ]

    def __str__(self) -> str:
        return f"{self.signatory_id}"
