"""Every state has its Chinese word; every verdict its answer."""

import pytest

from baozhen.faces import reports, words
from baozhen.foundation.notify.states import DeliveryState
from baozhen.foundation.timestamps.modes import TimestampMode
from baozhen.insurance.flow import FLOW
from baozhen.insurance.policies.states import (
    FileKind,
    PolicyKind,
    PolicyState,
    Standing,
    TimestampState,
)
from baozhen.insurance.proposals.states import BatchState, ItemStatus, ProposalState
from baozhen.trust.report import Verdict


@pytest.mark.parametrize(
    ("table", "states"),
    [
        (words.POLICY_STATES, PolicyState),
        (words.STANDINGS, Standing),
        (words.TIMESTAMP_STATES, TimestampState),
        (words.TIMESTAMP_MODES, TimestampMode),
        (words.PROPOSAL_STATES, ProposalState),
        (words.BATCH_STATES, BatchState),
        (words.ITEM_STATUSES, ItemStatus),
        (words.DELIVERY_STATES, DeliveryState),
        (words.KINDS, PolicyKind),
        (words.KINDS_IN_FULL, PolicyKind),
        (words.FILE_KINDS, FileKind),
    ],
)
def test_every_state_has_a_word(table, states):
    assert set(table) == {state.value for state in states}


def test_a_state_without_a_word_admits_it():
    assert words.word_for(words.POLICY_STATES, "other") is words.UNKNOWN


@pytest.mark.parametrize("verdict", list(Verdict))
def test_every_verdict_has_an_answer(verdict):
    answer = reports.answer_for(verdict, "unknown")
    assert answer.title
    assert answer.sentence
    assert answer.icon
    assert answer.tone


@pytest.mark.parametrize(
    ("verdict", "word", "title"),
    [
        ("genuine", "current", "真实有效"),
        ("genuine", "superseded", "真实，已批改"),
        ("genuine", "cancelled", "真实，已注销"),
        ("genuine", "unknown", "签章真实，未找到登记"),
        ("tampered", "current", "已被改动"),
        ("untrusted", "unknown", "签名者不受信任"),
        ("not_signed", "unknown", "未签名"),
        ("unreadable", "unknown", "无法识别"),
    ],
)
def test_the_answer_in_plain_chinese(verdict, word, title):
    assert reports.answer_for(verdict, word).title == title


def test_what_an_invalid_signature_says_is_only_a_claim():
    summary = {
        "algorithm": "sm2-sm3",
        "organization": "某公司",
        "signer": "",
        "signed_at": None,
        "timestamp_at": None,
        "timestamp_by": "",
        "serial": "01",
        "valid": False,
        "trusted": False,
        "note": "签名值不符",
    }
    (shown,) = reports.signatures_of({"signatures": [summary]})
    assert ("自称的单位", "某公司") in shown["facts"]
    assert ("说明", "签名值不符") in shown["facts"]
    (holds,) = reports.signatures_of({"signatures": [summary | {"valid": True, "trusted": True}]})
    assert ("签章单位", "某公司") in holds["facts"]


def test_every_fact_of_the_flow_has_a_sentence():
    assert set(FLOW) <= set(words.ACTS)
