"""A loss is judged by what the policy said when it happened, whatever was endorsed since."""

from datetime import date, timedelta

import pytest

from baozhen.foundation.errors import Refusal
from baozhen.insurance.endorsements.services.applying import apply_due
from tests.insurance.claims.making import claim_at
from tests.insurance.endorsements.making import (
    china,
    confirm,
    draft,
    finish,
    issued_s01,
    submit,
)

pytestmark = pytest.mark.usefixtures("database", "platform")
PAPER = ["suspension_certificate"]


def report(policy, occurred_at):
    return claim_at(policy, occurred_at, at=occurred_at + timedelta(hours=1))


def test_a_rest_counts_from_its_day_and_moves_the_end():
    policies = issued_s01()
    commercial, compulsory = policies["commercial"], policies["compulsory"]
    at = china(5, 30)
    asked = {"effective_on": date(2025, 6, 1), "files": PAPER}
    finish(confirm(submit(draft(commercial, "suspension", at=at, **asked), at=at), at=at), at=at)
    apply_due(at=china(6, 1))

    assert report(commercial, china(5, 31, 23))
    for moment in (china(6, 1, 0), china(11, 27, 23)):
        with pytest.raises(Refusal, match="停驶期间") as refused:
            report(commercial, moment)
        assert refused.value.code == "loss_while_resting"
    assert report(compulsory, china(7, 1))  # compulsory cover never rests
    assert report(commercial, china(11, 28, 0))
    # 180 days of rest moved the end from 16 March to 12 September.
    assert report(commercial, china(9, 11, year=2026))
    with pytest.raises(Refusal, match="2026-09-12 00:00") as refused:
        report(commercial, china(9, 12, year=2026))
    assert refused.value.code == "loss_outside_cover"
