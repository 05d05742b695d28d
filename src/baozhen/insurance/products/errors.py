"""Refusals of the products stage: rating, tables, solvency figures."""

from baozhen.foundation.errors import Refusal


class RequestUnreadable(Refusal):
    """A quote request lacks a part, or a part is not of its kind."""

    code = "quote_request_unreadable"
    message = "报价请求不完整或有误（{what}）；请按接口说明补全后再试"


class FormNotFit(Refusal):
    """The form is not the one for this vehicle."""

    code = "quote_form_not_fit"
    message = "{why}"


class RegionUnknown(Refusal):
    """The region is none that the float scheme knows."""

    code = "quote_region_unknown"
    message = "没有地区“{region}”的浮动方案：请填写出单地区的省级行政区划代码，如 11"


class RateMissing(Refusal):
    """The tables do not know the case; only a person can rate it."""

    code = "rate_missing"
    message = "费率表“{table}”没有{what}的费率，不能自动报价；请联系客服人工报价"


class PeriodNotAllowed(Refusal):
    """The term of a cover is none that may be sold."""

    code = "quote_period_not_allowed"
    message = "{why}"


class CoverNotOffered(Refusal):
    """A cover that this form does not offer, or that was chosen twice, or lacks its main cover."""

    code = "quote_cover_not_allowed"
    message = "{why}"


class AmountNotOffered(Refusal):
    """A sum insured, a limit, seats or a deductible that the cover cannot have."""

    code = "quote_amount_not_allowed"
    message = "{why}"


class FactorOutsideRange(Refusal):
    """A factor outside the range that was filed (保险法 第一百三十五条)."""

    code = "rate_factor_outside_range"
    message = (
        "{factor} {given} 超出备案范围 {low} 至 {high}（{table} {version}）；请在备案范围内取值"
    )


class ReliefNotAllowed(Refusal):
    """A relief of the vehicle tax that this vehicle cannot have."""

    code = "quote_tax_relief_not_allowed"
    message = "{why}"


class ProductNotSold(Refusal):
    """The product is not sold there, through this channel, or on this day."""

    code = "product_not_sold"
    message = "“{title}”在该地区、渠道或日期不销售；请联系客服"


class TableUnknown(Refusal):
    """No such table, or no such version of it."""

    code = "rate_table_unknown"
    message = "没有这个表或版本：{name}"


class CellsInvalid(Refusal):
    """An imported CSV has faults, each with its line and column."""

    code = "rate_table_csv_invalid"
    message = "表格有误：{problems}。请修改后重新导入"


class TableInvalid(Refusal):
    """The content of a table may not come into force."""

    code = "rate_table_invalid"
    message = "{title}没有通过校验：{why}"


class TableVersionTaken(Refusal):
    """Another version of the table has this name, or starts on this day."""

    code = "rate_table_version_taken"
    message = "{title}已有版本“{version}”，或已有另一版从 {day} 起生效；请换版本名或生效日"


class TableNotSubmitted(Refusal):
    """Only what was submitted can be decided on."""

    code = "rate_table_not_submitted"
    message = "“{version}”不在待批准状态，可能已有人处理；请刷新页面"


class TableSamePerson(Refusal):
    """Whoever made a version cannot approve it."""

    code = "rate_table_same_person"
    message = "您编制了这一版，须由另一人批准"


class TablePeriodInvalid(Refusal):
    """A version comes into force on a day that is past, or ends before it begins."""

    code = "rate_table_period_invalid"
    message = "{why}"


class TableReasonMissing(Refusal):
    """Sending back and retiring want a reason."""

    code = "rate_table_reason_missing"
    message = "请写明理由"
