"""An issued policy and a report of a loss under it."""

import json
from datetime import timedelta

import pytest

from baozhen.insurance.claims.services.reporting import Reporter
from baozhen.insurance.claims.states import Entry
from baozhen.insurance.policies.models import Policy
from baozhen.insurance.policies.states import PolicyKind
from tests.insurance.claims.making import loss_at
from tests.insurance.holding import subject_of
from tests.insurance.making import issue, make_proposal


@pytest.fixture
def raw():
    return make_proposal(1)


@pytest.fixture
def policies(platform, bring, raw):
    """Both policies of one proposal, by kind."""
    bring(("issued", json.dumps(raw, sort_keys=True)), lambda: issue(raw))
    return {policy.kind: policy for policy in Policy.objects.select_related("proposal")}


@pytest.fixture
def policy(policies):
    return policies[PolicyKind.COMPULSORY]


@pytest.fixture
def at(policy):
    """A moment within the cover."""
    return policy.cover_starts_at + timedelta(days=30)


@pytest.fixture
def reporter(raw, policy):
    subject = subject_of(raw["policyholder"])
    return Reporter(entry=Entry.WALLET, actor=f"holder:{subject.public_id}", subject=subject)


@pytest.fixture
def loss(at):
    """Make a report: `loss(place=…)`."""

    def make(occurred_at=None, **changes):
        return loss_at(occurred_at or at - timedelta(hours=3), **changes)

    return make
