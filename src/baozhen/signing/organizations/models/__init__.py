"""The nouns of organisations: units, accounts, powers, programs, sign-in, the directory."""

from baozhen.signing.organizations.models.clients import ApiClient
from baozhen.signing.organizations.models.directory import DirectorySource, SyncRun
from baozhen.signing.organizations.models.powers import OfficerAppointment, Power, Role
from baozhen.signing.organizations.models.sign_in import (
    HeaderRule,
    IdentityProvider,
    Passkey,
    PasswordRecord,
    RecoveryCode,
    SignInPolicy,
    StaffSession,
    TOTPSecret,
)
from baozhen.signing.organizations.models.units import Account, OrgUnit

__all__ = [
    "Account",
    "ApiClient",
    "DirectorySource",
    "HeaderRule",
    "IdentityProvider",
    "OfficerAppointment",
    "OrgUnit",
    "Passkey",
    "PasswordRecord",
    "Power",
    "RecoveryCode",
    "Role",
    "SignInPolicy",
    "StaffSession",
    "SyncRun",
    "TOTPSecret",
]
