"""The three kinds of failure."""

import pickle

import pytest

from baozhen.foundation.errors import BaozhenError, IllegalMove, Outage, Refusal, StaleState


class Sample(Refusal):
    code = "sample"
    message = "{field} 不行"


class SampleOutage(Outage):
    code = "sample_outage"
    message = "{system} 没有应答"


def test_an_error_tells_its_facts():
    error = Sample(path="vehicle.vin", field="车架号")
    assert str(error) == "车架号 不行"
    assert error.path == "vehicle.vin"
    assert error.facts == {"field": "车架号"}


def test_the_kinds_do_not_overlap():
    assert not issubclass(Refusal, Outage)
    assert not issubclass(Outage, Refusal)
    assert issubclass(IllegalMove, Refusal)
    assert issubclass(StaleState, Refusal)


@pytest.mark.parametrize(
    "error", [Sample(path="a.0", field="甲"), SampleOutage(system="时间戳服务")]
)
def test_an_error_survives_another_process(error):
    again = pickle.loads(pickle.dumps(error))  # noqa: S301 -- our own bytes
    assert type(again) is type(error)
    assert str(again) == str(error)
    assert again.facts == error.facts
    assert getattr(again, "path", None) == getattr(error, "path", None)


def test_without_its_facts_a_message_cannot_be_made():
    with pytest.raises(KeyError):
        Sample()
    assert issubclass(Sample, BaozhenError)
