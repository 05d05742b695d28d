"""The signing centre's rooms in the console, each page with rows in it, as axe sees them."""

import pytest
from django.test import Client

from baozhen.foundation.clock import now
from baozhen.foundation.jobs.worker import run_worker
from baozhen.insurance.policies.services.filing import register_policies
from baozhen.signing.organizations.queries import root_unit
from baozhen.signing.templates.services import make_clause
from tests.e2e.accessibility import inspect
from tests.e2e.conftest import BASICS
from tests.e2e.test_paying import come_in
from tests.e2e.widths import at
from tests.faces.conftest import BACKEND

pytestmark = pytest.mark.django_db(transaction=True)

# What each of four people may see: the officers share nothing with each other.
ROOMS = {
    ("业务经办", "业务负责人", "印章管理员", "模版管理员", "合规人员", "财务", "客服"): (
        "tasks",
        "envelopes",
        "envelopes/start",
        "envelopes/templates",
        "envelope-batches",
        "templates",
        "templates/new",
        "templates/waiting",
        "template-clauses",
        "seals",
        "seals/make",
        "seals/uses",
        "seals/approvals",
        "seals/blast",
        "risks",
        "ukeys",
        "identities",
        "identities/papers",
        "identities/subjects",
        "files",
        "files/inspect",
        "files/compare",
        "files/mark",
        "files/copies",
        "files/deposits",
        "files/deposits/rules",
        "dossiers",
        "statistics",
        "charging",
        "charging/prices",
        "log",
        "security",
    ),
    ("系统管理员",): (
        "certificates",
        "certificates/applications",
        "trust-list",
        "revocation",
        "units",
        "accounts",
        "directory",
        "sign-in-settings",
        "integrations/systems",
        "integrations/clients",
        "integrations/webhooks",
        "integrations/events",
    ),
    ("安全管理员",): ("powers", "powers/matrix", "officers", "risks/acts"),
    ("审计员",): ("operations", "operations/figures"),
}


@pytest.fixture
def centre(policy, staff):
    """Issued policies with their seals and files, a shared clause; and who sees them."""
    register_policies([policy.proposal_id], at=now())
    make_clause("duty", "如实告知", "请您如实告知。", unit=root_unit(), actor="test", at=now())
    run_worker(until_idle=True)
    people = {}
    for number, roles in enumerate(ROOMS):
        people[roles] = Client()
        people[roles].force_login(staff(*roles, name=f"person{number}"), backend=BACKEND)
    return people


@at("desk")
def test_every_room_of_the_signing_centre_reads_well(visitor, centre):
    complaints = {}
    for roles, pages in ROOMS.items():
        come_in(visitor, centre[roles])
        for page in pages:
            answer = visitor.tab.goto(f"{visitor.base}/console/{page}")
            found = [] if answer.status == 200 else [f"answered {answer.status}"]
            found += visitor.tab.evaluate(BASICS) + inspect(visitor.tab) + visitor.complaints
            visitor.complaints.clear()
            # Every page is looked at before any complaint is told.
            if found:
                complaints[page] = found
    assert complaints == {}
