"""The acts of the operation log in words: what was done, and to what kind of thing."""

from collections.abc import Mapping
from functools import cache
from typing import Final

from django.apps import apps

from baozhen.faces.console import registers
from baozhen.faces.words import ACTS
from baozhen.foundation.states import Stateful
from baozhen.signing.organizations.extent import is_alone

# Things without states of their own.
_NOUNS: Mapping[str, str] = {
    "access": "客户查询",
    "api_client": "接口客户端",
    "archive_item": "归档文件",
    "assessment": "核定",
    "certificate": "证书",
    "clause_document": "条款",
    "connected_system": "对接系统",
    "consent": "意愿确认",
    "customer": "客户通知",
    "data_item": "数据目录",
    "declaration_made": "投保声明",
    "directory_source": "目录来源",
    "disclosure_document": "告知文件",
    "factor": "双因素验证",
    "file_entry": "文件",
    "handover": "转交链接",
    "header_rule": "请求头规则",
    "holder": "客户登录",
    "identity_provider": "单点登录来源",
    "inspection_report": "核验报告",
    "legal_hold": "法律冻结",
    "notary_rule": "存证规则",
    "operation_log": "操作日志",
    "paper": "材料",
    "parked_job": "搁置任务",
    "password": "密码",
    "policy_file": "保单文件",
    "power": "权限",
    "price_rule": "价格规则",
    "reading_item": "阅读文件",
    "request_key": "请求签名密钥",
    "session": "登录",
    "sign_in_policy": "登录策略",
    "signatory": "签署方",
    "subject": "签署主体",
    "template": "模版",
    "template_clause": "模版条款",
    "trace_session": "可回溯会话",
    "webhook_delivery": "回调投递",
    "webhook_endpoint": "回调地址",
}
_INSURANCE_NOUNS: Final = frozenset(
    {
        "access",
        "assessment",
        "clause_document",
        "customer",
        "data_item",
        "declaration_made",
        "disclosure_document",
        "handover",
        "holder",
        "paper",
        "policy_file",
    }
)
# What is done to many kinds of things alike.
_VERBS: Mapping[str, str] = {
    "account_opened": "开通个人账号",
    "added": "添加",
    "advanced": "推进",
    "answered": "回答问题",
    "answers_read": "查看回答",
    "archived": "归档",
    "asked": "请其回答问题",
    "assigned": "指派",
    "begun": "开始",
    "centralised": "改为总部集权",
    "changed": "变更",
    "claimed": "认领",
    "code_passed": "验证码通过",
    "compared": "比对",
    "confirmed": "确认",
    "connected": "接入",
    "copied": "下载副本",
    "created": "建立",
    "delegated": "转交或下放",
    "disabled": "停用",
    "disposed": "到期销毁",
    "downloaded": "下载",
    "embed_opened": "打开嵌入页",
    "embedded": "取得嵌入链接",
    "enabled": "启用",
    "ended": "终止",
    "erased": "清除内容",
    "evidence_read": "查看证据",
    "exported": "导出",
    "file_added": "添加文件",
    "finished": "完成",
    "flows_set": "设定流程",
    "forgotten": "清除",
    "given": "作出",
    "given_up": "放弃",
    "granted": "授予",
    "handed_in": "提交",
    "history_exported": "导出过程记录",
    "link_ended": "终止链接",
    "link_used": "使用链接",
    "linked": "建立链接",
    "locked_out": "连续登录失败，暂时锁定",
    "made": "作出",
    "mark_read": "读取下载标记",
    "mark_replaced": "更换标志",
    "moved": "调动",
    "opened": "打开",
    "origins_set": "设定嵌入来源",
    "papers_asked_again": "再次通知补充材料",
    "reason": "说明理由",
    "refusal_sent": "送达拒赔通知",
    "registered": "登记",
    "released": "释放",
    "renamed": "改名",
    "replayed": "重发",
    "retried": "重试",
    "reviewed": "复核",
    "round_started": "开始新一轮",
    "saved": "保存",
    "sealed": "盖章",
    "secret_rotated": "更换密钥",
    "set": "设定",
    "shared": "共享",
    "signed_in": "登录",
    "sketched": "起草",
    "survey_appointed": "安排查勘",
    "switched_off": "停用",
    "taken": "取走",
    "tested": "测试",
    "told_again": "重新发送通知",
    "verified": "通过核验",
    "destroyed": "销毁",
}


def act_word(action: str) -> str:
    """Return what was done in words; a fact of a newer version stays as it is recorded."""
    noun, _, verb = action.partition(".")
    said = _sentences().get(action)
    if said is not None:
        return said if noun_word(noun) in said else f"{noun_word(noun)}：{said}"
    return f"{noun_word(noun)}：{_VERBS.get(verb, verb)}"


def noun_word(noun: str) -> str:
    """Return what a kind of thing is called."""
    return nouns().get(noun, noun)


@cache
def nouns() -> Mapping[str, str]:
    """Return every kind of thing that acts are recorded of, by its noun."""
    return {model.NOUN: str(model._meta.verbose_name) for model in _stateful()} | dict(_NOUNS)


@cache
def _sentences() -> Mapping[str, str]:
    """Return what the pages of the rooms say of an act, else the name of the state it led to."""
    states = {
        f"{model.NOUN}.{value}": str(label)
        for model in _stateful()
        for value, label in model._meta.get_field("state").choices or ()
    }
    return states | dict(ACTS) | registers.ACTS


def _stateful() -> list[type[Stateful]]:
    return [model for model in apps.get_models() if issubclass(model, Stateful)]


def known_actions() -> list[tuple[str, str]]:
    """Return the acts that have sentences, to choose from."""
    known = known_nouns()
    return sorted(
        (action, act_word(action)) for action in _sentences() if action.partition(".")[0] in known
    )


def known_nouns() -> Mapping[str, str]:
    """Return the kinds of things that there are here, to choose from."""
    if not is_alone():
        return nouns()
    return {noun: word for noun, word in nouns().items() if noun not in _of_insurance()}


@cache
def _of_insurance() -> frozenset[str]:
    kept = (model for model in _stateful() if model.__module__.startswith("baozhen.insurance."))
    return _INSURANCE_NOUNS | {model.NOUN for model in kept}
