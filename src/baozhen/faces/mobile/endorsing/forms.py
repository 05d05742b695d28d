"""What is asked for each kind of change; nothing is ticked or chosen beforehand."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from django import forms

from baozhen.foundation.clock import today
from baozhen.insurance.endorsements.correcting import CORRECTED_RELIEFS
from baozhen.insurance.endorsements.rules import change_table, papers_of
from baozhen.insurance.endorsements.states import ChangeKind
from baozhen.insurance.products.enumerations import ENUMERATIONS, label
from baozhen.insurance.products.queries import tables_on

GROUND_PAPER = "ground_paper"
_FILE_TYPES = "image/jpeg,image/png,application/pdf"
_EMPTY = ("", "请选择")


def _text(label: str, *, needed: bool = True, hint: str = "", **attrs: str) -> forms.CharField:
    return forms.CharField(
        label=label,
        required=needed,
        max_length=120,
        help_text=hint,
        error_messages={"required": f"请填写{label}"},
        widget=forms.TextInput(attrs=attrs),
    )


def _day(label: str, *, needed: bool = True, hint: str = "") -> forms.DateField:
    return forms.DateField(
        label=label,
        required=needed,
        help_text=hint,
        error_messages={"required": f"请选择{label}", "invalid": "日期请写成 2026-01-31 的样子"},
        widget=forms.DateInput(attrs={"type": "date"}),
    )


def _choice(label: str, choices: list[tuple[str, str]]) -> forms.ChoiceField:
    return forms.ChoiceField(
        label=label,
        choices=[_EMPTY, *choices],
        error_messages={"required": f"请选择{label}"},
    )


def _file(label: str) -> forms.FileField:
    return forms.FileField(
        label=label,
        help_text="拍照或选择图片、PDF，不超过 10 MB。",
        error_messages={"required": f"请上传{label}", "empty": f"{label}是空文件，请重新选择"},
        widget=forms.FileInput(attrs={"accept": _FILE_TYPES}),
    )


def fields_of(kind: ChangeKind, content: Mapping[str, Any]) -> dict[str, forms.Field]:
    """Return the fields of a kind, for the policies as they are now."""
    fields = _own_fields(kind, content)
    rule, table = change_table().kinds[kind], change_table()
    if kind == ChangeKind.CANCELLATION:
        grounds = [(code, ground.label) for code, ground in table.grounds.items()]
        fields["ground"] = _choice("解除事由", grounds)
        fields[GROUND_PAPER] = _file("事由的证明")
        fields[
            GROUND_PAPER
        ].help_text = (
            "注销证明书、停驶证明，或公安机关的丢失证明。拍照或选择图片、PDF，不超过 10 MB。"
        )
    for paper in papers_of(kind):
        fields[f"paper_{paper}"] = _file(table.papers[paper])
    if not rule.is_immediate:
        last = today() + timedelta(days=table.effective_days_max)
        fields["effective_on"] = _day(
            "生效日期", hint=f"当日零时生效，最早明天，最晚{last.month}月{last.day}日。"
        )
    return fields


def _own_fields(kind: ChangeKind, content: Mapping[str, Any]) -> dict[str, forms.Field]:
    make = _OWN_FIELDS.get(kind)
    return make(content) if make is not None else {}


def _plate_fields(_content: Mapping[str, Any]) -> dict[str, forms.Field]:
    return {"plate_no": _text("新的号牌号码", autocapitalize="characters")}


def _correction_fields(_content: Mapping[str, Any]) -> dict[str, forms.Field]:
    return {
        "vin": _text("正确的车架号", needed=False, hint="17 位；没有错的不用填。"),
        "engine_no": _text("正确的发动机号", needed=False, hint="没有错的不用填。"),
    }


def _name_fields(_content: Mapping[str, Any]) -> dict[str, forms.Field]:
    return {"name": _text("被保险人现在的姓名")}


def _use_fields(_content: Mapping[str, Any]) -> dict[str, forms.Field]:
    uses = [(word, said) for word, (_, said) in ENUMERATIONS["use_nature"].items()]
    return {"use_nature": _choice("新的使用性质", uses)}


def _seats_fields(_content: Mapping[str, Any]) -> dict[str, forms.Field]:
    hint = "行驶证上的核定载人数，包括驾驶人。"
    return {"seats": _text("正确的核定载客人数", hint=hint, inputmode="numeric")}


def _tax_fields(content: Mapping[str, Any]) -> dict[str, forms.Field]:
    right = "没有错的不用填。"
    reliefs = [(word, label("tax_relief", word)) for word in CORRECTED_RELIEFS]
    said = label("tax_relief", content["vehicle_tax"]["relief"])
    relief = _choice("车船税标志", reliefs)
    relief.required, relief.help_text = False, f"保单上是“{said}”；{right}"
    with_relief = "减税、免税或已完税时填写。"
    return {
        "displacement_ml": _text(
            "正确的排量（毫升）", needed=False, hint=right, inputmode="numeric"
        ),
        "curb_mass_kg": _text(
            "正确的整备质量（千克）", needed=False, hint=right, inputmode="numeric"
        ),
        "relief": relief,
        "certificate_no": _text("凭证号", needed=False, hint=with_relief),
        "certificate_office": _text("填发凭证的税务机关", needed=False, hint=with_relief),
        "certificate_issued_on": _day("凭证填发日期", needed=False, hint=with_relief),
    }


def _limit_fields(content: Mapping[str, Any]) -> dict[str, forms.Field]:
    return _cover_fields(_present(content))


def _cover_add_fields(content: Mapping[str, Any]) -> dict[str, forms.Field]:
    return _cover_fields(_offered(content))


def _cover_fields(choices: list[tuple[str, str]]) -> dict[str, forms.Field]:
    hint = "以元为单位的整数，如 3000000 是 300 万元。"
    return {
        "code": _choice("险种", choices),
        "sum_insured": _text("保险金额（元）", hint=hint, inputmode="numeric"),
    }


def _cover_remove_fields(content: Mapping[str, Any]) -> dict[str, forms.Field]:
    return {"code": _choice("要减少的险种", _present(content))}


def _agreement_fields(content: Mapping[str, Any]) -> dict[str, forms.Field]:
    chosen = {item["code"] for item in content.get("special_agreements", [])}
    texts = [
        (code, f"{'取消' if code in chosen else '增加'}：{text}")
        for code, text in tables_on(today()).special_agreements.items()
    ]
    return {"code": _choice("特别约定", texts)}


def _period_fields(_content: Mapping[str, Any]) -> dict[str, forms.Field]:
    most = change_table().period_shift_days_max
    hint = f"当日零时起保；最多比原来约定的提前或推后 {most} 天。"
    return {"starts_on": _day("新的起保日期", hint=hint)}


def _transfer_fields(_content: Mapping[str, Any]) -> dict[str, forms.Field]:
    return {
        "name": _text("新车主的姓名", autocomplete="off"),
        "id_no": _text("新车主的身份证号码", autocapitalize="characters"),
        "id_valid_from": _day("身份证有效期的起始日期"),
        "id_valid_to": _day("身份证有效期的截止日期", needed=False, hint="长期有效的不用填。"),
        "mobile": _text("新车主的手机号", inputmode="tel"),
        "province": _text("省份", hint="写全称，如 北京市、四川省。"),
        "city": _text("城市"),
        "county": _text("区县"),
        "detail": _text("详细地址"),
    }


_OWN_FIELDS: Mapping[ChangeKind, Callable[[Mapping[str, Any]], dict[str, forms.Field]]] = {
    ChangeKind.PLATE: _plate_fields,
    ChangeKind.CORRECTION: _correction_fields,
    ChangeKind.TRANSFER: _transfer_fields,
    ChangeKind.INSURED_NAME: _name_fields,
    ChangeKind.USE_NATURE: _use_fields,
    ChangeKind.SEATS: _seats_fields,
    ChangeKind.TAX: _tax_fields,
    ChangeKind.LIMIT: _limit_fields,
    ChangeKind.COVER_ADD: _cover_add_fields,
    ChangeKind.COVER_REMOVE: _cover_remove_fields,
    ChangeKind.AGREEMENT: _agreement_fields,
    ChangeKind.PERIOD: _period_fields,
}


def _present(content: Mapping[str, Any]) -> list[tuple[str, str]]:
    lines = (content.get("commercial") or {}).get("coverages", [])
    return [(line["code"], line["name"]) for line in lines]


def _offered(content: Mapping[str, Any]) -> list[tuple[str, str]]:
    present = {code for code, _ in _present(content)}
    offered = tables_on(today()).covers[content["form"]]
    return [(code, kind.name) for code, kind in offered.items() if code not in present]


class ChangeForm(forms.Form):
    """The fields of one kind of change; a refusal of the rules stands under its field."""

    def __init__(
        self, kind: ChangeKind, content: Mapping[str, Any], *args: Any, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields |= fields_of(kind, content)
        if self.is_bound:
            for name in self.errors:
                if name in self.fields:
                    self.mark(name)

    def blame(self, path: str, words: str) -> None:
        """Show a refusal under the field it is about, else above all."""
        name = path.rpartition(".")[2]
        if path.startswith("papers."):
            name = f"paper_{name}" if f"paper_{name}" in self.fields else GROUND_PAPER
        if name in self.fields:
            self.add_error(name, words)
            self.mark(name)
        else:
            self.add_error(None, words)

    def mark(self, name: str) -> None:
        """Tell a screen reader that the field is at fault, and where the words stand."""
        self.fields[name].widget.attrs |= {
            "aria-invalid": "true",
            "aria-describedby": f"id_{name}-fault",
        }
