"""A loss as somebody reports it."""

from baozhen.insurance.claims.rules import LossFacts
from baozhen.insurance.claims.services.reporting import Reporter, report_loss
from baozhen.insurance.claims.states import Cause, Entry, Injury


def loss_at(occurred_at, **changes):
    """Return a small collision with nobody hurt; `changes` say what is otherwise."""
    facts = {
        "place": "示例路一号路口",
        "story": "直行时与右转车辆刮擦，右前门受损。",
        "cause": Cause.COLLISION,
        "injury": Injury.NONE,
        "is_police_informed": True,
        "reporter": "测试甲",
        "mobile": "16100000001",
    }
    return LossFacts(occurred_at=occurred_at, **(facts | changes))


def claim_at(policy, occurred_at, *, at):
    """Return the claim that a core system registered."""
    return report_loss(
        policy, loss_at(occurred_at), Reporter(entry=Entry.SYSTEM, actor="test"), at=at
    )
