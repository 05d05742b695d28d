"""The verbs of seals: make and change, grant and rule, use, lend, freeze."""

from baozhen.signing.seals.services.changing import (
    SealDraft,
    decide_change,
    freeze_seal,
    recertify,
    request_change,
    request_seal,
    request_update,
    withdraw_change,
)
from baozhen.signing.seals.services.granting import (
    GrantRequest,
    RuleRequest,
    add_rule,
    end_rule,
    grant_use,
    revoke_grant,
)
from baozhen.signing.seals.services.lending import (
    LoanRequest,
    decide_loan,
    hand_out,
    record_stamping,
    request_loan,
    take_back,
    warn_overdue,
    withdraw_loan,
)
from baozhen.signing.seals.services.making import Look, make_look
from baozhen.signing.seals.services.registering import Particulars
from baozhen.signing.seals.services.setting_up import set_up_demonstration_seals
from baozhen.signing.seals.services.using import (
    UseRequest,
    finish_uses,
    record_refusal,
    release_uses,
    reserve_use,
    reserve_uses,
)

__all__ = [
    "GrantRequest",
    "LoanRequest",
    "Look",
    "Particulars",
    "RuleRequest",
    "SealDraft",
    "UseRequest",
    "add_rule",
    "decide_change",
    "decide_loan",
    "end_rule",
    "finish_uses",
    "freeze_seal",
    "grant_use",
    "hand_out",
    "make_look",
    "recertify",
    "record_refusal",
    "record_stamping",
    "release_uses",
    "request_change",
    "request_loan",
    "request_seal",
    "request_update",
    "reserve_use",
    "reserve_uses",
    "revoke_grant",
    "set_up_demonstration_seals",
    "take_back",
    "warn_overdue",
    "withdraw_change",
    "withdraw_loan",
]
