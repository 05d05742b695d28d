"""续保: one's own policy fills in next year's application; another's is not found."""

import pytest

from baozhen.insurance.applications.models import Application
from tests.faces.conftest import policy, raw  # noqa: F401 -- fixtures
from tests.faces.mobile.applying.people import PERSON_B, sign_in

pytestmark = pytest.mark.django_db(transaction=True)


def test_ones_own_policy_fills_in_next_years(client, policy, raw):  # noqa: F811
    holder = raw["policyholder"]
    sign_in(client, {name: holder[name] for name in ("name", "id_no", "mobile")})
    page = client.get(client.post(f"/m/renew/{policy.number}")["Location"]).content.decode()
    assert f'value="{raw["vehicle"]["vin"]}"' in page
    assert f'value="{policy.number}"' in page
    assert Application.objects.get().total_fen is None


def test_anothers_policy_is_not_found(client, policy):  # noqa: F811
    assert client.post(f"/m/renew/{policy.number}").status_code == 302
    sign_in(client, PERSON_B)
    assert client.post(f"/m/renew/{policy.number}").status_code == 404
    assert Application.objects.count() == 0
