"""The other forms by the wizard: a crane, a motorcycle, a car on its way home, to `accepted`."""

import pytest

from baozhen.insurance.applications.models import Application
from tests.faces.mobile.applying.people import sign_in
from tests.faces.mobile.applying.test_wizard import PEOPLE, answers, begin, facts, post
from tests.insurance.proposal_forms import FORMS

pytestmark = pytest.mark.django_db(transaction=True)
NEW = {"first_registered_on": "2026-03-01"}
# What differs from the test proposal, the covers chosen, and the sum, worked by hand as for rating.
_CHOICES = {
    # 6,216.00 + 2,997.00 + 888.00, 2,430.00, and 16.4 t × 96 × 10/12 of tax.
    "special": (NEW, {"SA": "", "SB": "1000000", "SF": ""}, {}, "13,843.00"),
    # 50-250 cc, 120.00 without float; 三者 10万 120.00; tax 60.00 × 10/12.
    "motorcycle_tractor": (NEW, {"MB": "100000"}, {}, "290.00"),
    # 950 × 10 % for a month; 240 + 180 flat; the tax is deferred.
    "single_trip": ({}, {"TA": "", "TB": "1000000"}, {"days": "30"}, "515.00"),
}


def typed(path, value):
    """Return a value as a page would send it, field by field."""
    if isinstance(value, dict):
        parts = [typed(f"{path}.{name}", part) for name, part in value.items()]
    elif isinstance(value, list):
        parts = [typed(f"{path}.{number}", part) for number, part in enumerate(value)]
    else:
        words = {True: "yes", False: "no"}.get(value, value) if isinstance(value, bool) else value
        return {} if value is None else {path: str(words)}
    return {name: word for part in parts for name, word in part.items()}


@pytest.mark.parametrize("form", sorted(_CHOICES))
def test_a_form_is_filled_in_priced_and_accepted(client, monkeypatch, form):
    vehicle, covers, days, total = _CHOICES[form]
    monkeypatch.setenv("BAOZHEN_CLOCK", "2026-03-10T10:00:00+08:00")
    number = begin(client, form)
    asked = typed("vehicle", FORMS[form]()["vehicle"] | vehicle)
    answer = post(client, number, "vehicle", asked)
    assert answer.status_code == 302, answer.content.decode()
    sign_in(client)
    own = {"act": "own", "cover": list(covers)}
    own |= {f"sum.{code}": limit for code, limit in covers.items() if limit}
    for step, given in (
        ("people", PEOPLE),
        ("cover", facts(starts_on="2026-03-16", **days)),
        ("cover", own),
        ("answers", answers()),
    ):
        answer = post(client, number, step, given)
        assert answer.status_code == 302, answer.content.decode()
    assert f"¥{total}" in client.get(f"/m/apply/{number}/confirm").content.decode()
    post(client, number, "confirm", {})
    application = Application.objects.get()
    assert application.state == "accepted"
    assert f"{application.total_fen / 100:,.2f}" == total
