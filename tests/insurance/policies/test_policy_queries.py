"""Lists that walk: every policy once, newest first, found by what staff have in hand."""

import pytest

from baozhen.foundation.errors import DevelopmentOnly
from baozhen.insurance.policies.errors import FileNotReady, PolicyUnknown
from baozhen.insurance.policies.models import Policy
from baozhen.insurance.policies.platform import CoverQuery, DevelopmentPlatform
from baozhen.insurance.policies.queries import (
    PolicyFilter,
    files_of,
    get_policy,
    get_sealed_file,
    list_policies,
)
from tests.insurance.making import FORMS, accept, issue, make_proposal

pytestmark = pytest.mark.usefixtures("platform")


def numbers(page):
    return [policy.number for policy in page.policies]


def test_pages_show_every_policy_once_newest_first():
    accept(*(make_proposal(serial) for serial in range(1, 6)))
    accept(*(make_proposal(serial) for serial in range(6, 8)))
    whole = [policy.number for policy in Policy.objects.order_by("-numbered_at", "-id")]
    seen, place = [], None
    while True:
        page = list_policies(PolicyFilter(), after=place, limit=3)
        seen += numbers(page)
        place = page.next_place
        if place is None:
            break
    assert seen == whole
    assert len(whole) == 14


@pytest.mark.requirement("S0-5b")
def test_found_by_number_person_and_vehicle():
    raws = [make_proposal(serial, form=form) for serial, form in enumerate(FORMS, 1)]
    accept(*raws)
    raw = raws[0]
    both = {raw["compulsory"]["policy_no"], raw["commercial"]["policy_no"]}
    for text in (
        raw["policyholder"]["id_no"].lower(),
        raw["vehicle"]["vin"],
        f" {raw['vehicle']['plate_no']} ",
    ):
        assert set(numbers(list_policies(PolicyFilter(search=text)))) == both
    by_number = list_policies(PolicyFilter(search=raw["commercial"]["policy_no"].lower()))
    assert numbers(by_number) == [raw["commercial"]["policy_no"]]
    assert both <= set(numbers(list_policies(PolicyFilter(search=raw["policyholder"]["name"]))))
    assert numbers(list_policies(PolicyFilter(search="PDZ"))) == []  # too short to mean a number
    assert numbers(list_policies(PolicyFilter(search="%"))) == []


def test_filters_narrow():
    accept(*(make_proposal(serial, form=form) for serial, form in enumerate(FORMS, 1)))
    page = list_policies(PolicyFilter(form="special", kind="commercial", state="numbered"))
    assert [(policy.form, policy.kind) for policy in page.policies] == [("special", "commercial")]
    assert numbers(list_policies(PolicyFilter(state="issued"))) == []
    newest = Policy.objects.order_by("-numbered_at").first()
    assert numbers(list_policies(PolicyFilter(numbered_before=newest.numbered_at))) == []
    assert len(numbers(list_policies(PolicyFilter(numbered_from=newest.numbered_at)))) == 10


def test_rows_show_no_personal_data_in_clear():
    raw = make_proposal(1)
    accept(raw)
    policy = Policy.objects.first()
    shown = {str(value) for value in vars(policy).values()}
    for secret in ("name", "id_no", "mobile", "email"):
        assert not any(raw["policyholder"][secret] in text for text in shown)
    assert not any(raw["vehicle"]["plate_no"] in text for text in shown)


def test_a_file_is_there_when_it_is_sealed():
    raw = make_proposal(1)
    number = raw["compulsory"]["policy_no"]
    with pytest.raises(PolicyUnknown):
        get_policy(number)
    accept(raw)
    with pytest.raises(FileNotReady):
        get_sealed_file(number)
    issue(raw)
    assert get_sealed_file(number).size > 0
    assert get_sealed_file(f"{number}-BZ").kind == "mark"
    assert [file.kind for file in files_of(get_policy(number))] == ["policy", "mark"]


def test_the_platform_twin_refuses_production_and_open_transactions(settings):
    from uuid import UUID

    from django.db import transaction

    cover = CoverQuery(request_id=UUID(int=1), kind="compulsory", policy_no="P", region_code="11")
    twin = DevelopmentPlatform()
    assert twin.confirm([cover]) == twin.confirm([cover])
    with pytest.raises(RuntimeError), transaction.atomic():
        twin.confirm([cover])
    settings.BAOZHEN_MODE = "production"
    with pytest.raises(DevelopmentOnly):
        DevelopmentPlatform()
