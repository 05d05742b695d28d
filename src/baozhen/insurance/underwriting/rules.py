"""The language of the automatic rules, and the judgement by them. Pure.

A rule is data: a code, conditions on facts that all have to hold, a decision (refer or decline)
and a reason in words with {facts}. Nothing hit means accepted; one decline outweighs referrals.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from baozhen.insurance.products.table_parts import TableError
from baozhen.insurance.underwriting.states import Decision

TABLE = "underwriting_rules"
# Every fact that a rule may ask, and its kind.
FACTS: Mapping[str, str] = {
    "form": "word",
    "region": "word",
    "channel": "word",
    "vehicle.kind": "word",
    "vehicle.use_nature": "word",
    "vehicle.fuel": "word",
    "vehicle.plate_type": "word",
    "vehicle.plate_status": "word",
    "vehicle.imported": "boolean",
    "vehicle.transferred": "boolean",
    "vehicle.age_years": "number",
    "vehicle.new_price_yuan": "number",
    "vehicle.seats": "number",
    "holder.age_years": "number",
    "insured.kind": "word",
    "compulsory.duplicate": "boolean",
    "compulsory.is_short": "boolean",
    "period.days_ahead": "number",
    "covers.is_commercial": "boolean",
    "covers.codes": "words",
    "covers.roles": "words",
    "covers.third_party_yuan": "number",
    "covers.hull_yuan": "number",
    "factors.self_pricing": "number",
    "record.first_insured": "boolean",
    "record.claims": "number",
    "record.accidents": "number",
    "record.fatal": "boolean",
    "record.gap_months": "number",
    "total_yuan": "number",
}
_OPERATORS: Mapping[str, tuple[str, ...]] = {
    "word": ("=", "!=", "in", "not_in"),
    "boolean": ("=",),
    "number": ("=", "!=", "<", "<=", ">", ">="),
    "words": ("has", "has_not"),
}
_HOLDS: Mapping[str, Callable[[Any, Any], bool]] = {
    "=": lambda fact, value: bool(fact == value),
    "!=": lambda fact, value: bool(fact != value),
    "<": lambda fact, value: bool(fact < value),
    "<=": lambda fact, value: bool(fact <= value),
    ">": lambda fact, value: bool(fact > value),
    ">=": lambda fact, value: bool(fact >= value),
    "in": lambda fact, value: fact in value,
    "not_in": lambda fact, value: fact not in value,
    "has": lambda fact, value: value in fact,
    "has_not": lambda fact, value: value not in fact,
}
_DECISIONS = {"refer": Decision.REFERRED, "decline": Decision.DECLINED}
_PLACE = re.compile(r"\{([a-z_.]+)\}")


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition: a fact, an operator, a value."""

    fact: str
    operator: str
    value: Any


@dataclass(frozen=True, slots=True)
class Rule:
    """One automatic rule."""

    code: str
    decision: Decision
    conditions: tuple[Condition, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class Hit:
    """A rule that applied, with its reason in words."""

    code: str
    decision: Decision
    reason: str

    def as_json(self) -> dict[str, str]:
        """Return the hit as it is stored."""
        return {"code": self.code, "decision": self.decision.value, "reason": self.reason}


@dataclass(frozen=True, slots=True)
class Assessment:
    """What the automatic rules say: the decision, why, and by which version."""

    decision: Decision
    hits: tuple[Hit, ...]
    rules_version: str

    @property
    def reasons(self) -> tuple[str, ...]:
        """Return the reasons that carry the decision."""
        return tuple(hit.reason for hit in self.hits if hit.decision == self.decision)


def read_rules(table: Mapping[str, Any]) -> tuple[Rule, ...]:
    """Return the rules of a table; raises TableError where one cannot be followed."""
    rules = tuple(_rule(entry) for entry in table["rules"])
    codes = [rule.code for rule in rules]
    repeated = sorted({code for code in codes if codes.count(code) > 1})
    if repeated:
        raise TableError(f"规则代码重复：{'、'.join(repeated)}")
    return rules


def _rule(entry: Mapping[str, Any]) -> Rule:
    code = entry["code"]
    if entry["decision"] not in _DECISIONS:
        raise TableError(f"规则 {code}：decision 只能是 refer 或 decline")
    if not entry["when"] or not entry["reason"].strip():
        raise TableError(f"规则 {code}：缺少条件或理由")
    unknown = [name for name in _PLACE.findall(entry["reason"]) if name not in FACTS]
    if unknown:
        raise TableError(f"规则 {code}：理由中没有名为 {'、'.join(unknown)} 的事实")
    conditions = tuple(_condition(code, *parts) for parts in entry["when"])
    return Rule(code, _DECISIONS[entry["decision"]], conditions, entry["reason"])


def _condition(code: str, fact: str, operator: str, value: Any) -> Condition:
    kind = FACTS.get(fact)
    if kind is None:
        raise TableError(f"规则 {code}：没有名为 {fact} 的事实")
    if operator not in _OPERATORS[kind]:
        raise TableError(f"规则 {code}：{fact} 不能用 {operator} 比较")
    if kind == "number":
        return Condition(fact, operator, _number(code, value))
    fits = {
        "boolean": isinstance(value, bool),
        "words": isinstance(value, str),
        "word": isinstance(value, list if operator in ("in", "not_in") else str),
    }
    if not fits[kind]:
        raise TableError(f"规则 {code}：{fact} 的比较值类型不对")
    return Condition(fact, operator, value)


def _number(code: str, value: Any) -> Decimal:
    try:
        return Decimal(str(value))
    except InvalidOperation:
        raise TableError(f"规则 {code}：{value} 不是数字") from None


def judge(facts: Mapping[str, Any], rules: tuple[Rule, ...], version: str) -> Assessment:
    """Return what the rules say about the facts; a fact that is not known (None) hits nothing."""
    hits = tuple(
        Hit(rule.code, rule.decision, _said(rule.reason, facts))
        for rule in rules
        if all(_holds(condition, facts) for condition in rule.conditions)
    )
    decisions = {hit.decision for hit in hits}
    decision = Decision.ACCEPTED
    if Decision.DECLINED in decisions:
        decision = Decision.DECLINED
    elif decisions:
        decision = Decision.REFERRED
    return Assessment(decision, hits, version)


def with_told(assessment: Assessment, told: Sequence[str]) -> Assessment:
    """Return the assessment with what was disclosed: it is for a person to judge."""
    if not told:
        return assessment
    hits = tuple(Hit("told", Decision.REFERRED, reason) for reason in told)
    decision = assessment.decision
    if decision is Decision.ACCEPTED:
        decision = Decision.REFERRED
    return Assessment(decision, (*assessment.hits, *hits), assessment.rules_version)


def _holds(condition: Condition, facts: Mapping[str, Any]) -> bool:
    fact = facts.get(condition.fact)
    return fact is not None and _HOLDS[condition.operator](fact, condition.value)


def _said(reason: str, facts: Mapping[str, Any]) -> str:
    return _PLACE.sub(lambda found: str(facts.get(found[1], "")), reason)
