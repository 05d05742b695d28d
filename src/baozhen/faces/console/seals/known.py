"""Document types and flows by name: what grants and rules may list, in words and to choose from.

A rule that names what nothing is called protects nothing, so known names are offered, and an
unknown one (a program may bring its own) is pointed out.
"""

from collections.abc import Iterable, Mapping

from baozhen.faces.words import DOCUMENT_TYPES
from baozhen.signing.envelopes.forms import flows
from baozhen.signing.templates.models import Template

# Flows that have no form of their own.
_OTHER_FLOWS: Mapping[str, str] = {
    "template": "按模版发起",
    "free": "自由发起",
    "seal_file": "接口直接盖章",
    "inspection_report": "出具核验报告",
}


def type_word(code: str) -> str:
    """Return what a document type is called; a program's own stays as it is."""
    return DOCUMENT_TYPES.get(code, code)


def flow_word(code: str) -> str:
    """Return what a flow is called."""
    flow = flows().get(code)
    return flow.title if flow is not None else _OTHER_FLOWS.get(code, code)


def known_types() -> list[tuple[str, str]]:
    """Return every document type that flows and templates make, to choose from."""
    own = dict(Template.objects.order_by("title").values_list("document_type", "title"))
    return list({**own, **DOCUMENT_TYPES}.items())


def known_flows() -> list[tuple[str, str]]:
    """Return every flow, to choose from."""
    ready = {code: flow.title for code, flow in flows().items()}
    return list({**ready, **_OTHER_FLOWS}.items())


def unknown_among(names: Iterable[str], known: Iterable[tuple[str, str]]) -> list[str]:
    """Return those names that nothing is called by now."""
    codes = {code for code, _ in known}
    return [name for name in names if name and name not in codes]
