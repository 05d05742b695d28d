"""What a person types to find a policy (S0-6.3.1)."""

from typing import Any

from captcha.fields import CaptchaField
from django import forms

from baozhen.faces.captchas import CaptchaInput, ask_in_words

_TAIL_ERRORS = {"required": "请输入六位。", "min_length": "应为六位。", "max_length": "应为六位。"}


class QueryForm(forms.Form):
    """Policy number, tail of the holder's document, tail of plate or VIN, captcha."""

    number = forms.CharField(
        label="保单号",
        help_text="保单或保险标志上的编号，也在确认邮件里。",
        min_length=6,
        max_length=48,
        error_messages={"required": "请输入保单号。", "min_length": "保单号不完整。"},
    )
    id_tail = forms.CharField(
        label="投保人证件号后六位",
        help_text="身份证末位是 X 的，请一并输入。",
        min_length=6,
        max_length=6,
        error_messages=_TAIL_ERRORS,
    )
    vehicle_tail = forms.CharField(
        label="号牌号或车架号后六位",
        help_text="例如 川A12345 输入 A12345；未上牌的车输入车架号后六位。",
        min_length=6,
        max_length=6,
        error_messages=_TAIL_ERRORS,
    )
    captcha = CaptchaField(
        label="图片中的字符",
        help_text="不区分大小写。",
        widget=CaptchaInput(),
        error_messages={
            "required": "请输入图片中的字符。",
            "invalid": "字符不对，请看新的图片重新输入。",
        },
    )

    def __init__(self, *args: Any, in_words: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if in_words:
            ask_in_words(self.fields["captcha"])
        for name in ("number", "id_tail", "vehicle_tail"):
            attributes = self.fields[name].widget.attrs
            attributes |= {"autocapitalize": "characters", "spellcheck": "false"}
            attributes["aria-describedby"] = f"id_{name}-hint"
            if self.is_bound and self.errors.get(name):
                attributes |= {
                    "aria-invalid": "true",
                    "aria-describedby": f"id_{name}-fault id_{name}-hint",
                }

    def plain_fields(self) -> list[forms.BoundField]:
        """Return the text fields in order, without the captcha."""
        return [self[name] for name in ("number", "id_tail", "vehicle_tail")]


class CodeForm(forms.Form):
    """The six digits that came by mail."""

    code = forms.RegexField(
        r"^\s*[0-9]{6}\s*$",
        label="邮件验证码",
        error_messages={"required": "请输入六位验证码。", "invalid": "验证码是六位数字。"},
    )
