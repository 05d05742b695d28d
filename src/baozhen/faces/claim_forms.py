"""What a person fills in to report a loss; nothing is ticked for them."""

from datetime import datetime
from typing import Any

from django import forms

from baozhen.foundation.clock import SHANGHAI
from baozhen.insurance.claims.errors import ClaimInvalid
from baozhen.insurance.claims.rules import LossFacts
from baozhen.insurance.claims.states import CAUSE_LABELS, INJURY_LABELS

_POLICE = (("yes", "已报警（122）"), ("no", "没有报警"))
_TEXTS = ("place", "story", "reporter", "mobile", "police_no", "driver")


class LossForm(forms.Form):
    """One loss; the rules of `insurance.claims` judge it, this form carries it."""

    day = forms.DateField(
        label="出险日期",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": "请按 2026-01-31 的样子填写日期"},
    )
    time = forms.TimeField(
        label="出险时间",
        required=False,
        help_text="大约的时间即可。",
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        error_messages={"invalid": "请按 08:30 的样子填写时间"},
    )
    place = forms.CharField(
        label="出险地点", required=False, max_length=200, help_text="道路名和附近的建筑。"
    )
    cause = forms.ChoiceField(
        label="发生了什么", required=False, choices=[("", "请选择"), *CAUSE_LABELS.items()]
    )
    story = forms.CharField(
        label="事故经过",
        required=False,
        help_text="怎么发生的、撞到了什么、损失了什么，照实说就好。",
        widget=forms.Textarea(attrs={"rows": 4, "maxlength": 2000}),
    )
    injury = forms.ChoiceField(
        label="有没有人受伤", required=False, choices=[("", "请选择"), *INJURY_LABELS.items()]
    )
    police = forms.ChoiceField(
        label="是否已报警", required=False, choices=[("", "请选择"), *_POLICE]
    )
    police_no = forms.CharField(label="报警回执号（没有可不填）", required=False, max_length=60)
    driver = forms.CharField(label="驾驶人（与报案人不同时填写）", required=False, max_length=60)
    reporter = forms.CharField(label="报案人", required=False, max_length=60)
    mobile = forms.CharField(
        label="联系手机号",
        required=False,
        max_length=11,
        help_text="查勘员会打这个电话。",
        widget=forms.TextInput(attrs={"inputmode": "tel"}),
    )

    def add_error(self, field: str | None, error: Any) -> None:
        """Add the fault and let the field point at it."""
        super().add_error(field, error)
        if field in self.fields:
            self.fields[field].widget.attrs |= {
                "aria-invalid": "true",
                "aria-describedby": f"id_{field}-fault",
            }

    def loss(self) -> LossFacts:
        """Return what was filled in; call it after `is_valid`."""
        given = self.cleaned_data
        day, time = given.get("day"), given.get("time")
        moment = datetime.combine(day, time, tzinfo=SHANGHAI) if day and time else None
        texts = {name: str(given.get(name) or "").strip() for name in _TEXTS}
        police = given.get("police") or ""
        return LossFacts(
            occurred_at=moment,
            cause=given.get("cause") or "",
            injury=given.get("injury") or "",
            is_police_informed={"yes": True, "no": False}.get(police),
            **texts,
        )

    def blame(self, refusal: ClaimInvalid) -> None:
        """Put each fault under its field."""
        fields = {"occurred_at": "day", "is_police_informed": "police"}
        for fault in refusal.faults:
            self.add_error(fields.get(fault.path, fault.path), fault.message)
