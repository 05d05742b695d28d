"""The verbs of organisations, one file a subject; the ones that other rooms use stand here too."""

from baozhen.signing.organizations.scopes import Scope
from baozhen.signing.organizations.services.accounts import (
    AccountFacts,
    create_account,
    lock_account,
    unlock_account,
)
from baozhen.signing.organizations.services.clients import (
    VALID_FOR_DEFAULT,
    ClientRequest,
    authenticate_api_key,
    change_api_client,
    create_api_client,
    renew_api_key,
    require_scope,
    switch_off_api_client,
)
from baozhen.signing.organizations.services.embedding import set_embed_origins
from baozhen.signing.organizations.services.powers import PowerRequest, end_power, grant_power
from baozhen.signing.organizations.services.setup import (
    appoint_first,
    ensure_organization,
    ensure_roles,
)
from baozhen.signing.organizations.services.units import UnitFacts, create_unit

__all__ = [
    "VALID_FOR_DEFAULT",
    "AccountFacts",
    "ClientRequest",
    "PowerRequest",
    "Scope",
    "UnitFacts",
    "appoint_first",
    "authenticate_api_key",
    "change_api_client",
    "create_account",
    "create_api_client",
    "create_unit",
    "end_power",
    "ensure_organization",
    "ensure_roles",
    "grant_power",
    "lock_account",
    "renew_api_key",
    "require_scope",
    "set_embed_origins",
    "switch_off_api_client",
    "unlock_account",
]
