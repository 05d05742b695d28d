"""Querying and downloading: what a holder must know, and how often one may guess (S0-6.3.1)."""

import re
from datetime import timedelta

import pytest

from baozhen.foundation.notify.models import Delivery
from baozhen.insurance.policies.models import PolicyFile
from baozhen.insurance.policies.tokens import is_token_of, policy_token, verification_url
from baozhen.insurance.verification import rules
from baozhen.insurance.verification.errors import (
    CodeTooSoon,
    CodeWrong,
    NoMatch,
    TooManyAttempts,
)
from baozhen.insurance.verification.models import DownloadCode, QueryAttempt, VerificationEntry
from baozhen.insurance.verification.queries import current_file, file_by_sha256, register_word
from baozhen.insurance.verification.services import (
    HolderQuery,
    find_for_holder,
    record_verification,
    redeem_download_code,
    send_download_code,
)
from tests.insurance.making import issue, make_proposal

pytestmark = pytest.mark.usefixtures("platform")
RAW = make_proposal(1)
NUMBER = RAW["compulsory"]["policy_no"]


def query(**facts):
    known = {
        "number": NUMBER,
        "id_tail": RAW["policyholder"]["id_no"][-6:],
        "vehicle_tail": RAW["vehicle"]["vin"][-6:],
        "client_address": "192.0.2.1",
    }
    return HolderQuery(**{**known, **facts})


@pytest.fixture
def files():
    return issue(RAW)


@pytest.mark.requirement("S0-6.3.1", "S0-6.2a", "S0-6.2b")
def test_every_fact_must_fit(files, at):
    assert find_for_holder(query(), at=at).number == NUMBER
    by_plate = query(vehicle_tail=RAW["vehicle"]["plate_no"][-6:].lower())
    assert find_for_holder(by_plate, at=at).number == NUMBER
    assert find_for_holder(query(number=f" {NUMBER}-bz "), at=at).number == NUMBER


WRONG = [
    {"number": "PDZA0000"},
    {"id_tail": "000000"},
    {"vehicle_tail": "000000"},
    {"id_tail": RAW["policyholder"]["id_no"][-5:]},
    {"id_tail": ""},
    {"vehicle_tail": ""},
    {"id_tail": RAW["vehicle"]["vin"][-6:], "vehicle_tail": RAW["policyholder"]["id_no"][-6:]},
]


@pytest.mark.parametrize("facts", WRONG)
def test_unknown_and_wrong_get_the_same_answer(files, facts, at):
    with pytest.raises(NoMatch) as refused:
        find_for_holder(query(**facts), at=at)
    assert str(refused.value) == NoMatch.message


def test_guessing_at_one_number_ends_even_for_the_right_facts(files, at):
    for _ in range(rules.FAILURES_PER_NUMBER_MAX):
        with pytest.raises(NoMatch):
            find_for_holder(query(id_tail="000000"), at=at)
    with pytest.raises(TooManyAttempts):
        find_for_holder(query(client_address="192.0.2.2"), at=at)
    # An unknown number is limited alike, or the limit would tell which numbers exist.
    for _ in range(rules.FAILURES_PER_NUMBER_MAX):
        with pytest.raises(NoMatch):
            find_for_holder(query(number="PDZA0000", client_address="192.0.2.3"), at=at)
    with pytest.raises(TooManyAttempts):
        find_for_holder(query(number="PDZA0000", client_address="192.0.2.4"), at=at)
    later = at + rules.ATTEMPT_WINDOW + timedelta(seconds=1)
    assert find_for_holder(query(), at=later).number == NUMBER


def test_guessing_from_one_address_ends(files, at):
    for serial in range(rules.FAILURES_PER_ADDRESS_MAX):
        with pytest.raises(NoMatch):
            find_for_holder(query(number=f"PDZA{serial}"), at=at)
    with pytest.raises(TooManyAttempts):
        find_for_holder(query(), at=at)
    assert find_for_holder(query(client_address="192.0.2.9"), at=at).number == NUMBER


def test_attempts_hold_no_address_and_no_number_in_clear(files, at):
    find_for_holder(query(), at=at)
    attempt = QueryAttempt.objects.get()
    assert attempt.succeeded
    assert "192.0.2.1" not in attempt.address_index
    assert NUMBER not in attempt.number_index


def sent_code():
    text = Delivery.objects.order_by("-id").first().content["text"]
    return re.search(r"验证码为 (\d{6})", text)[1]


def test_a_code_opens_one_file_once(files, at):
    policy, mark = files[0], files[1]
    masked = send_download_code(policy, at=at)
    assert masked != RAW["policyholder"]["email"]
    code = sent_code()
    assert code not in DownloadCode.objects.get().code_index
    with pytest.raises(CodeWrong):
        redeem_download_code(mark, code, at=at)
    redeem_download_code(policy, code, at=at + timedelta(minutes=4))
    with pytest.raises(CodeWrong):
        redeem_download_code(policy, code, at=at + timedelta(minutes=4))


def test_a_code_dies_of_age_and_of_guesses(files, at):
    send_download_code(files[0], at=at)
    with pytest.raises(CodeWrong):
        redeem_download_code(files[0], sent_code(), at=at + rules.CODE_LIFETIME)

    later = at + timedelta(minutes=10)
    send_download_code(files[0], at=later)
    code = sent_code()
    wrong = f"{(int(code) + 1) % 10**6:06d}"
    for _ in range(rules.CODE_TRIES_MAX):
        with pytest.raises(CodeWrong):
            redeem_download_code(files[0], wrong, at=later)
    with pytest.raises(CodeWrong):
        redeem_download_code(files[0], code, at=later)


def test_codes_are_not_sent_without_end(files, at):
    for minute in range(0, 10, 2):
        send_download_code(files[0], at=at + timedelta(minutes=minute))
    with pytest.raises(CodeTooSoon):
        send_download_code(files[0], at=at + timedelta(minutes=8, seconds=30))
    with pytest.raises(CodeTooSoon):
        send_download_code(files[0], at=at + timedelta(minutes=12))


@pytest.mark.requirement("S0-4.3.1b")
def test_the_register_knows_its_files_by_digest_and_number(files):
    file = files[0]
    assert file_by_sha256(file.sha256).pk == file.pk
    assert current_file(NUMBER.lower()).pk == file.pk
    assert register_word(sha256=file.sha256) == register_word(number=NUMBER) == "current"
    assert register_word(sha256="0" * 64) == register_word(number="X") == "unknown"
    PolicyFile.objects.filter(pk=file.pk).update(standing="cancelled")
    assert register_word(sha256=file.sha256) == "cancelled"


def test_the_qr_address_carries_number_and_token_and_no_personal_data(files):
    url = verification_url(NUMBER)
    assert url.endswith(f"/v/{NUMBER}/{policy_token(NUMBER)}")
    assert is_token_of(NUMBER, policy_token(NUMBER).lower())
    assert not is_token_of(NUMBER + "1", policy_token(NUMBER))
    assert files[0].content["qr"] == url


def test_what_was_verified_is_kept(at):
    record_verification(source="portal", at=at, word="unknown", client_address="192.0.2.1")
    entry = VerificationEntry.objects.get()
    assert (entry.word, entry.source) == ("unknown", "portal")
    assert "192.0.2.1" not in entry.address_index


def test_a_temporary_plate_can_be_asked_for(at):
    raw = make_proposal(4, form="single_trip")
    issue(raw)
    found = find_for_holder(
        query(
            number=raw["compulsory"]["policy_no"],
            id_tail=raw["policyholder"]["id_no"][-6:],
            vehicle_tail=raw["vehicle"]["temporary_plate_no"][-6:],
        ),
        at=at,
    )
    assert found.form == "single_trip"
