"""What is typed on the signing pages."""

from django import forms


class CodeForm(forms.Form):
    """The six digits of a text message."""

    code = forms.RegexField(
        r"^\d{6}$",
        label="短信验证码",
        error_messages={"required": "请输入验证码", "invalid": "验证码是 6 位数字"},
        widget=forms.TextInput(
            attrs={"inputmode": "numeric", "autocomplete": "one-time-code", "maxlength": 6}
        ),
    )


class ElementsForm(forms.Form):
    """三要素: name, number of the identity card, mobile, to be checked with the provider."""

    name = forms.CharField(
        label="姓名", max_length=64, error_messages={"required": "请输入证件上的姓名"}
    )
    id_no = forms.CharField(
        label="身份证号码", max_length=18, error_messages={"required": "请输入身份证号码"}
    )
    mobile = forms.CharField(
        label="手机号",
        max_length=11,
        error_messages={"required": "请输入本人实名的手机号"},
        widget=forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "tel"}),
    )
