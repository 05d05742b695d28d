"""An issued policy and a report of a loss under it."""

import json
from datetime import timedelta

import pytest

from baozhen.insurance.claims.rules import LossFacts
from baozhen.insurance.claims.services.reporting import Reporter
from baozhen.insurance.claims.states import Cause, Entry, Injury
from baozhen.insurance.policies.models import Policy
from baozhen.insurance.policies.states import PolicyKind
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

    def make(**changes):
        facts = {
            "occurred_at": at - timedelta(hours=3),
            "place": "示例路一号路口",
            "story": "直行时与右转车辆刮擦，右前门受损。",
            "cause": Cause.COLLISION,
            "injury": Injury.NONE,
            "is_police_informed": True,
            "reporter": "测试甲",
            "mobile": "16100000001",
        }
        return LossFacts(**facts | changes)

    return make
