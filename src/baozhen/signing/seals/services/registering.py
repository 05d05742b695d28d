"""What is registered of a seal beside its look: name, keeper, U-key, place, limits, validity."""

import ipaddress
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Protocol

from baozhen.foundation.audit.services import record
from baozhen.signing.certificates.models import KeyRecord
from baozhen.signing.certificates.states import KeyState
from baozhen.signing.organizations.models import Account
from baozhen.signing.organizations.states import AccountState
from baozhen.signing.seals.errors import DesignFault
from baozhen.signing.seals.models import Seal
from baozhen.signing.seals.states import SealKind

NETWORKS_MAX: Final = 20
# What the seal's signed structure says too: with these it is made anew.
IN_STRUCTURE: Final = frozenset({"name", "valid_until"})


class Registered(Protocol):
    """What every registration holds, the first one and a later one."""

    @property
    def name(self) -> str:
        """What the seal is called."""

    @property
    def keeper(self) -> Account | None:
        """Who keeps a physical seal."""

    @property
    def key_record(self) -> KeyRecord | None:
        """The U-key that holds the seal."""

    @property
    def networks(self) -> Sequence[str]:
        """From where it may be used."""


@dataclass(frozen=True, kw_only=True)
class Particulars:
    """What shall be registered from now on."""

    name: str
    keeper: Account | None = None
    key_record: KeyRecord | None = None
    location: str = ""
    networks: Sequence[str] = ()
    hourly_max: int | None = None
    valid_until: datetime | None = None


def check_registered(kind: SealKind | str, wanted: Registered) -> None:
    """Raise DesignFault unless a seal of this kind can be registered like this."""
    if not wanted.name.strip():
        raise DesignFault(reason="请填写印章名称", path="name")
    if kind == SealKind.UKEY:
        _check_key(wanted.key_record)
    if kind == SealKind.PHYSICAL:
        _check_keeper(wanted.keeper)
    if len(wanted.networks) > NETWORKS_MAX:
        raise DesignFault(reason=f"网段至多 {NETWORKS_MAX} 个", path="networks")
    for network in wanted.networks:
        # Each is read again at every use: one that cannot be would stop all sealing.
        try:
            ipaddress.ip_network(network)
        except ValueError as error:
            reason = f"“{network}”不是网段，请写成 10.1.0.0/16 的样子"
            raise DesignFault(reason=reason, path="networks") from error


def differences(seal: Seal, wanted: Particulars, *, at: datetime) -> dict[str, Any]:
    """Return what would be registered differently, as JSON; raises DesignFault."""
    check_registered(seal.kind, wanted)
    if wanted.valid_until is not None and wanted.valid_until <= at:
        raise DesignFault(reason="有效期须晚于今天", path="valid_until")
    now_there, then = _facts_of(seal), _facts_of(wanted)
    changed = {name: value for name, value in then.items() if value != now_there[name]}
    if not changed:
        raise DesignFault(reason="没有改动登记信息")
    return changed


def columns_of(particulars: Mapping[str, Any]) -> dict[str, Any]:
    """Return the columns that a request's particulars mean."""
    columns = dict(particulars)
    if columns.get("valid_until"):
        columns["valid_until"] = datetime.fromisoformat(columns["valid_until"])
    return columns


def register(seal: Seal, particulars: Mapping[str, Any], *, actor: str, at: datetime) -> None:
    """Write the particulars down in the caller's transaction; raises DesignFault.

    The one who shall keep the seal, or the U-key, may have gone since the request was made.
    """
    before = _facts_of(seal)
    columns = columns_of(particulars)
    for name, value in columns.items():
        setattr(seal, name, value)
    check_registered(seal.kind, seal)
    Seal.objects.filter(pk=seal.pk).update(**columns)
    record(
        "seal.registered",
        subject_id=seal.pk,
        actor=actor,
        at=at,
        facts={"before": {name: before[name] for name in particulars}, "after": dict(particulars)},
    )


def _facts_of(row: Seal | Particulars) -> dict[str, Any]:
    return {
        "name": row.name.strip(),
        "keeper_id": row.keeper.pk if row.keeper is not None else None,
        "key_record_id": row.key_record.pk if row.key_record is not None else None,
        "location": row.location.strip(),
        "networks": list(row.networks),
        "hourly_max": row.hourly_max,
        "valid_until": row.valid_until.isoformat() if row.valid_until is not None else None,
    }


def _check_key(key: KeyRecord | None) -> None:
    if key is None:
        raise DesignFault(reason="U-Key 印章须指明 U-Key 记录", path="key_record")
    if key.state != KeyState.ISSUED:
        raise DesignFault(reason="请选择已领用的 U-Key", path="key_record")


def _check_keeper(keeper: Account | None) -> None:
    if keeper is None:
        raise DesignFault(reason="实物印章须指明保管人", path="keeper")
    if keeper.state != AccountState.ACTIVE:
        raise DesignFault(reason="保管人须是在职在用的账号", path="keeper")
