"""Make proposals and take them through issuing, for tests."""

from copy import deepcopy

from baozhen.foundation.clock import now
from baozhen.foundation.jobs.worker import run_worker
from baozhen.insurance.policies.models import Policy, PolicyFile
from baozhen.insurance.policies.services.accept import accept_proposals
from baozhen.insurance.policies.services.chunks import complete_proposals
from baozhen.insurance.policies.services.outcomes import Candidate, Sender
from baozhen.insurance.policies.services.submit import submit_proposal
from bench.generate import FORMS, make_proposal

__all__ = ["FORMS", "make_proposal"]


def accept(*raws, mode="aggregated", follow=False):
    """Accept proposals as one chunk and return the acceptance."""
    sender = Sender(client="test", timestamp_mode=mode)
    candidates = [Candidate(line=line, raw=raw) for line, raw in enumerate(raws, start=1)]
    return accept_proposals(candidates, sender, at=now(), follow=follow)


def issue(*raws, mode="aggregated"):
    """Accept and issue proposals; return the sealed files in order."""
    acceptance = accept(*raws, mode=mode)
    keys = [outcome.proposal_id for outcome in acceptance.outcomes]
    complete_proposals(keys, actor="test")
    return list(PolicyFile.objects.filter(policy__proposal__in=keys).order_by("id"))


def submit_and_work(raw, **options):
    """Submit by the API's door and let the workers do what was promised."""
    submission = submit_proposal(raw, client="test", at=now(), **options)
    run_worker(until_idle=True)
    return submission


def changed(raw, path, value):
    """Return a copy of a proposal with one field changed."""
    copy = deepcopy(raw)
    part = copy
    *parents, last = path.split(".")
    for name in parents:
        part = part[int(name)] if isinstance(part, list) else part[name]
    part[last] = value
    return copy


def policies_of(proposal):
    """Return the policies of a proposal, in order."""
    return list(Policy.objects.filter(proposal=proposal).order_by("id"))
