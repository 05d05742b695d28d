"""Signing devices as an operator configures them: the library, the PIN, and what was approved.

`BAOZHEN_DEVICES` names a private JSON file:

    {"hsm1": {"library": "/opt/vendor/libsdf.so", "pin": "…", "approval_no": "GM…"}}

A key reference names a device of this file, never a library's path: whoever may write references
into the database does not thereby decide which code this process loads.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from baozhen.foundation.keys.errors import KeyConfigurationFault
from baozhen.foundation.keys.private_files import read_private


@dataclass(frozen=True)
class Device:
    """One device: its name in references, its library, PIN, and approval number if it has one."""

    name: str
    library: Path
    pin: str = field(default="", repr=False)
    approval_no: str = ""


@dataclass(frozen=True)
class DeviceInfo:
    """What a certificate binding records of the device that holds its key."""

    device: str
    manufacturer: str
    model: str
    serial: str
    approval_no: str


def read_devices(path: Path) -> Mapping[str, Device]:
    """Read the configuration of devices; KeyConfigurationFault says what is wrong."""
    try:
        raw = json.loads(read_private(path))
        return {str(name): _device(str(name), entry) for name, entry in raw.items()}
    except (ValueError, KeyError, TypeError, AttributeError):
        # Without its cause: a JSON error quotes the text, and the text holds PINs.
        raise KeyConfigurationFault(
            reason=f"{path} 应是 JSON，每台设备有 library（绝对路径）、pin 和可选的 approval_no"
        ) from None


def _device(name: str, entry: Mapping[str, str]) -> Device:
    library = Path(entry["library"])
    if not library.is_absolute():
        raise ValueError(name)
    return Device(
        name=name,
        library=library,
        pin=str(entry.get("pin", "")),
        approval_no=str(entry.get("approval_no", "")),
    )
