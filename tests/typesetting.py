"""Real documents for tests: the product's own templates, fonts and demonstration proposals."""

import json
import os
from datetime import UTC, datetime
from functools import cache
from hashlib import sha256
from pathlib import Path

from baozhen.insurance.disclosures.documents import FiledText, FormFacts, proposal_form
from baozhen.insurance.disclosures.texts import Text, combined_texts, solvency_on
from baozhen.insurance.policies.documents import (
    TEMPLATE_VERSION,
    IssueFacts,
    mark_content,
    mark_number,
    policy_content,
)
from baozhen.insurance.policies.states import PolicyKind
from baozhen.insurance.products.offers import filings
from baozhen.insurance.products.tables import SHIPPED
from baozhen.insurance.proposals.content import ProposalData
from baozhen.insurance.proposals.intake import parse_proposal
from baozhen.signing.organizations.insurer import get_insurer
from baozhen.site.fonts import prepare_fonts
from baozhen.trust.pdf.fonts import FontSet
from baozhen.trust.pdf.render import Renderer

ROOT = Path(__file__).parents[1]
TEMPLATES = ROOT / "src" / "baozhen" / "insurance" / "products" / "templates"
DEMO = ROOT / "src" / "baozhen" / "site" / "demo" / "proposals.jsonl"
FORMS = ("car", "new_energy", "special", "motorcycle_tractor", "single_trip")
KINDS = ("compulsory", "commercial", "mark")
FILINGS = filings(SHIPPED.products)
AT = datetime(2026, 11, 20, 1, 30, 5, tzinfo=UTC)


@cache
def fonts() -> FontSet:
    data = Path(os.environ.get("BAOZHEN_DATA", ROOT / ".data" / "test"))
    return prepare_fonts(ROOT / "node_modules", data / "fonts")


@cache
def renderer() -> Renderer:
    return Renderer(templates=TEMPLATES, fonts=fonts().folder)


def read_proposals(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def parsed(raw: dict) -> ProposalData:
    intake = parse_proposal(raw, at=AT)
    assert intake.proposal is not None, intake.faults
    return intake.proposal


def fullest(path: Path, form: str) -> dict:
    """The proposal of a form that has the most to say."""
    raws = [raw for raw in read_proposals(path) if raw["form"] == form]
    return max(raws, key=lambda raw: len((raw["commercial"] or {"coverages": ()})["coverages"]))


def issue_facts(number: str, **changes) -> IssueFacts:
    facts = {
        "confirmation_code": "DEMO510000000123456789012345",
        "numbered_at": AT,
        "verification_url": f"https://verify.example.com/v/{number}/9F8A7C6B5D4E0011",
        "operator": "系统出单",
        "handler": "SYS",
    }
    return IssueFacts(**(facts | changes))


def content_of(proposal: ProposalData, kind: str, **changes) -> dict:
    """What one document of a proposal says: `kind` is compulsory, commercial or mark."""
    if kind == "mark":
        facts = issue_facts(mark_number(proposal.compulsory.policy_no), **changes)
        return mark_content(proposal, facts=facts, insurer=get_insurer())
    facts = issue_facts(getattr(proposal, kind).policy_no, **changes)
    return policy_content(
        proposal, kind=PolicyKind(kind), facts=facts, insurer=get_insurer(), filings=FILINGS
    )


def form_of(proposal: ProposalData) -> dict:
    """What the proposal form of a proposal says, with the files that are read together with it."""
    insurer, day = get_insurer(), AT.date()
    texts = combined_texts(
        proposal.form,
        has_commercial=proposal.commercial is not None,
        insurer_name=insurer.name,
        filings=FILINGS,
        day=day,
    )
    files = [
        FiledText(title=text.title, version=text.version, sha256=_digest(text)) for text in texts
    ]
    facts = FormFacts(
        made_at=AT,
        address=f"https://verify.example.com/m/read/{proposal.proposal_no}",
        solvency=solvency_on(day),
        files=files,
        filings=FILINGS,
    )
    return proposal_form(proposal, facts=facts, insurer=insurer)


def _digest(text: Text) -> str:
    return sha256(json.dumps(text.content, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


def render(content: dict, *, at: datetime = AT) -> bytes:
    return renderer().render(content["kind"], TEMPLATE_VERSION, data=content, at=at)
