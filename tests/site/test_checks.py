"""The health checks on a running platform, and what they say when something is wrong."""

from datetime import timedelta

import pytest

from baozhen.foundation.clock import now
from baozhen.foundation.health import find, findings
from baozhen.foundation.jobs.models import ParkedJob
from baozhen.foundation.sealing import signing_failures
from baozhen.insurance.policies.models import PolicyFile
from baozhen.signing.certificates.jobs import probe_certificates
from baozhen.signing.certificates.models import CertificateBinding, RevocationSource
from baozhen.signing.certificates.services import suspend_binding
from baozhen.site.checks import CHECKS
from baozhen.trust.errors import SigningError
from tests.insurance.making import issue, make_proposal

pytestmark = pytest.mark.django_db(transaction=True)


def complaint(area):
    (finding,) = [each for each in find(area, CHECKS[area]) if not each.ok]
    return finding.detail


@pytest.mark.requirement("S0-7.1.3.1", "S2-L160.m1")
def test_a_prepared_platform_is_healthy_in_every_part(platform):
    """S0-7.1.3.1: security, management, configuration, signing, verifying, making documents."""
    # Tests before this one let signatures fail on purpose; the process counts them all its life.
    spoilt = {"签章"} if sum(signing_failures().values()) else set()
    found = list(findings())
    assert [f for f in found if not f.ok and f.area not in spoilt] == []
    assert {finding.area for finding in found} == set(CHECKS)


def test_a_missing_binding_is_named(platform):
    binding = CertificateBinding.objects.get(algorithm="sm2-sm3")
    suspend_binding(binding.pk, actor="test", at=now())
    assert "sm2-sm3" in complaint("签章证书")


def test_a_parked_job_is_named(transactional_db):
    ParkedJob.objects.create(
        name="x", queue="live", args={}, code="bug", message="", attempts=1, parked_at=now()
    )
    assert "1 个任务被搁置" in complaint("任务队列")


@pytest.mark.requirement("S2-L596d")
def test_a_key_that_does_not_answer_turns_health_red_and_stops_issuing(platform):
    binding = CertificateBinding.objects.get(algorithm="sm2-sm3", state="active")
    found = CertificateBinding.objects.filter(pk=binding.pk)
    found.update(key_reference="file:no-such-key")
    probe_certificates()
    assert binding.organization in complaint("证书自检")
    with pytest.raises(SigningError, match="sm2-sm3"):
        issue(make_proposal(1))
    assert not PolicyFile.objects.filter(sha256__isnull=False).exists()
    found.update(key_reference=binding.key_reference)
    probe_certificates()
    assert [finding for finding in find("证书自检", CHECKS["证书自检"]) if not finding.ok] == []
    issue(make_proposal(2))
    assert PolicyFile.objects.filter(sha256__isnull=False).exists()


def test_stale_news_of_revocations_is_named(platform):
    RevocationSource.objects.create(
        url="http://ca.example/old.crl", kind="crl", next_update=now() - timedelta(hours=1)
    )
    assert "http://ca.example/old.crl" in complaint("吊销信息")
