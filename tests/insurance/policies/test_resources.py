"""What a process keeps: only as long as it is still right."""

import pytest

from baozhen.foundation.clock import now
from baozhen.insurance.policies.services.resources import process_sealer
from baozhen.insurance.policies.services.silent import issuing_seal
from baozhen.signing.certificates.models import CertificateBinding
from baozhen.signing.certificates.services import activate_binding, suspend_binding
from baozhen.trust.errors import SigningError

pytestmark = pytest.mark.usefixtures("platform")


def test_the_sealer_is_kept_from_call_to_call():
    assert process_sealer(issuing_seal()) is process_sealer(issuing_seal())


def test_a_suspended_certificate_signs_nothing_more_in_a_running_process():
    binding = CertificateBinding.objects.get(algorithm="rsa-sha256")
    seal = issuing_seal()
    before = process_sealer(seal)
    suspend_binding(binding.pk, actor="test", at=now())
    with pytest.raises(SigningError):
        process_sealer(seal)
    activate_binding(binding.pk, actor="test", at=now())
    assert process_sealer(seal) is before  # the same certificates as then
