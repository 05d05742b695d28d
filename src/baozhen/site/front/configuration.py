"""How a front server is set up: by its command line, handed to its processes as one variable."""

import json
import os
from dataclasses import asdict, dataclass
from typing import Final

VARIABLE: Final = "BAOZHEN_FRONT"
MEBIBYTE: Final = 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class FrontSettings:
    """Where the core is, how the front proves itself to it, and its own limits."""

    core: str
    key_file: str = ""
    client_certificate: str = ""
    client_key: str = ""
    authority: str = ""
    routes: str = ""
    partners: bool = True
    body_mebibytes_max: int = 20
    stream_mebibytes_max: int = 1024
    requests_a_minute: int = 1200
    connections_max: int = 200
    timeout_seconds: float = 60.0

    @property
    def lets_partners_in(self) -> bool:
        """Whether companies outside reach their pages.

        Only with a key: what is not marked as coming from here the core would take for the staff's.
        """
        return self.partners and bool(self.key_file)

    def to_environment(self) -> dict[str, str]:
        """Return the variable that carries the settings."""
        return {VARIABLE: json.dumps(asdict(self))}

    @classmethod
    def from_environment(cls) -> "FrontSettings":
        """Return the settings of this process."""
        return cls(**json.loads(os.environ[VARIABLE]))
