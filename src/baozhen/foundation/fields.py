"""Columns whose values only this program can read, and indexes that find them blindly.

A value is sealed with SM4-GCM under the data key in force; the envelope names the key, so a
rotated ring still reads it, and its place (table and column) is authenticated, so a value that is
copied into another column does not open.
"""

import json
import unicodedata
from typing import TYPE_CHECKING, Any

from django.core.exceptions import FieldError
from django.db import models
from django.db.models import Lookup, lookups

from baozhen.foundation.keys.keyring import get_keyring

if TYPE_CHECKING:
    _Field = models.Field[Any, Any]
else:
    _Field = models.Field


class _EncryptedField(_Field):
    """The column holds an envelope; the attribute holds the value."""

    def get_internal_type(self) -> str:
        """Store as bytes."""
        return "BinaryField"

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        if value is not None and not hasattr(value, "resolve_expression"):
            value = get_keyring().seal(self._to_bytes(value), aad=self._place())
        return super().get_db_prep_value(value, connection, prepared)

    def from_db_value(self, value: Any, _expression: object, _connection: object) -> Any:
        """Open what the database holds; raises VerificationError when it was changed or moved."""
        if value is None:
            return None
        return self._from_bytes(get_keyring().open_sealed(bytes(value), aad=self._place()))

    def get_lookup(self, lookup_name: str) -> "type[Lookup[Any]] | None":
        """Allow IS NULL only: every sealing of a value is different, so `=` would never match."""
        if lookup_name == "isnull":
            return lookups.IsNull
        raise FieldError(f"{self.name} is encrypted: search its blind index instead")

    def value_to_string(self, obj: models.Model) -> str:
        """Return the value for serialisers, which only ever write to the same program."""
        return json.dumps(self.value_from_object(obj), ensure_ascii=False)

    def _place(self) -> bytes:
        return f"{self.model._meta.db_table}.{self.column}".encode()

    def _to_bytes(self, value: Any) -> bytes:
        return str(value).encode()

    def _from_bytes(self, data: bytes) -> Any:
        return data.decode()


class EncryptedTextField(_EncryptedField):
    """Text that is encrypted at rest."""

    description = "encrypted text"


class EncryptedJSONField(_EncryptedField):
    """A JSON value that is encrypted at rest."""

    description = "encrypted JSON"

    def _to_bytes(self, value: Any) -> bytes:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()

    def _from_bytes(self, data: bytes) -> Any:
        return json.loads(data)


def blind_index(value: str, purpose: str) -> str:
    """Return the hex HMAC-SM3 by which equal values of one purpose find each other.

    The value is normalised first: full-width forms, case and spaces make no difference.
    """
    plain = "".join(unicodedata.normalize("NFKC", value).split()).upper()
    return get_keyring().blind_index(plain, purpose)
