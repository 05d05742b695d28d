"""How accounts and units look as SCIM resources, and how they are found."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db.models import Q, QuerySet

from baozhen.signing.organizations.directory.scim import (
    ENTERPRISE,
    GROUP,
    UNIT,
    USER,
    Filter,
    Resource,
    SCIMInvalid,
)
from baozhen.signing.organizations.models import Account, OrgUnit
from baozhen.signing.organizations.services import provisioning
from baozhen.signing.organizations.services.accounts import email_index
from baozhen.signing.organizations.states import AccountKind, AccountState, UnitState

_CONFIG = "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"
_TYPE = "urn:ietf:params:scim:schemas:core:2.0:ResourceType"
_SCHEMA = "urn:ietf:params:scim:schemas:core:2.0:Schema"


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One kind of resource: its address, how it is shown and found, what may be done with it."""

    name: str
    endpoint: str
    schema: str
    rows: Callable[[], QuerySet[Any]]
    filters: dict[str, Callable[[Any], Q]]
    body: Callable[[Any], Resource]
    get: Callable[[str], Any]
    add: Callable[..., Any]
    replace: Callable[..., Any]
    remove: Callable[..., None]

    def location(self, row: Any) -> str:
        """Return the address of the resource."""
        return f"{settings.BAOZHEN_PUBLIC_URL}/scim/v2/{self.endpoint}/{row.public_id}"

    def show(self, row: Any) -> Resource:
        """Return the resource with its common attributes (RFC 7643 §3.1)."""
        shown = self.body(row)
        shown["id"] = row.public_id
        if row.external_id:
            shown["externalId"] = row.external_id
        shown["meta"] = {
            "resourceType": self.name,
            "created": row.created_at.isoformat(),
            "lastModified": row.updated_at.isoformat(),
            "location": self.location(row),
            "version": f'W/"{row.version}"',
        }
        return shown


def find(kind: Kind, wanted: Filter | None) -> QuerySet[Any]:
    """Return the rows that the filter wants, in a stable order; raises SCIMInvalid."""
    rows = kind.rows()
    if wanted is None:
        return rows
    if wanted.operator == "gt" and wanted.attribute == "meta.lastmodified":
        return rows.filter(updated_at__gt=wanted.value)
    rule = kind.filters.get(wanted.attribute.removeprefix(f"{kind.schema.lower()}:"))
    if rule is None or wanted.operator != "eq":
        reason = f"不能按 {wanted.attribute} 过滤"
        raise SCIMInvalid(reason=reason, scim_type="invalidFilter")
    return rows.filter(rule(wanted.value))


def _user(account: Account) -> Resource:
    shown: Resource = {
        "schemas": [USER, ENTERPRISE],
        "userName": account.user.get_username(),
        "displayName": account.display_name,
        "name": {"formatted": account.display_name},
        "active": account.state == AccountState.ACTIVE,
        "groups": [{"value": account.unit.public_id, "display": account.unit.name}],
        ENTERPRISE: {"employeeNumber": account.staff_no or ""},
    }
    if account.email:
        shown["emails"] = [{"value": account.email, "type": "work", "primary": True}]
    if account.mobile:
        shown["phoneNumbers"] = [{"value": account.mobile, "type": "mobile", "primary": True}]
    return shown


def _group(unit: OrgUnit) -> Resource:
    people = unit.accounts.filter(kind=AccountKind.STAFF, is_removed=False)
    below = unit.children.filter(state=UnitState.ACTIVE)
    return {
        "schemas": [GROUP, UNIT],
        "displayName": unit.name,
        "members": [
            *(
                {"value": row.public_id, "display": row.display_name, "type": "User"}
                for row in people.order_by("pk")
            ),
            *(
                {"value": row.public_id, "display": row.name, "type": "Group"}
                for row in below.order_by("pk")
            ),
        ],
        UNIT: {"kind": unit.kind, "code": unit.code or "", "legalEntity": unit.is_legal_entity},
    }


USERS = Kind(
    name="User",
    endpoint="Users",
    schema=USER,
    rows=lambda: (
        Account.objects.select_related("unit", "user")
        .filter(kind=AccountKind.STAFF, is_removed=False)
        .order_by("pk")
    ),
    filters={
        "id": lambda value: Q(public_id=value),
        "externalid": lambda value: Q(external_id=value),
        "username": lambda value: Q(user__username__iexact=value),
        "displayname": lambda value: Q(display_name=value),
        "emails": lambda value: Q(email_index=email_index(str(value))),
        "emails.value": lambda value: Q(email_index=email_index(str(value))),
        "active": lambda value: (
            Q(state=AccountState.ACTIVE)
            if value in (True, "true")
            else ~Q(state=AccountState.ACTIVE)
        ),
        f"{ENTERPRISE.lower()}:employeenumber": lambda value: Q(staff_no=value),
    },
    body=_user,
    get=provisioning.get_user,
    add=provisioning.add_user,
    replace=provisioning.replace_user,
    remove=provisioning.remove_user,
)
GROUPS = Kind(
    name="Group",
    endpoint="Groups",
    schema=GROUP,
    rows=lambda: OrgUnit.objects.filter(state=UnitState.ACTIVE).order_by("pk"),
    filters={
        "id": lambda value: Q(public_id=value),
        "externalid": lambda value: Q(external_id=value),
        "displayname": lambda value: Q(name=value),
    },
    body=_group,
    get=provisioning.get_group,
    add=provisioning.add_group,
    replace=provisioning.replace_group,
    remove=provisioning.remove_group,
)


def service_provider_config() -> Resource:
    """Return what this server can do."""
    return {
        "schemas": [_CONFIG],
        "patch": {"supported": True},
        "bulk": {"supported": False, "maxOperations": 0, "maxPayloadSize": 0},
        "filter": {"supported": True, "maxResults": 200},
        "changePassword": {"supported": False},
        "sort": {"supported": False},
        "etag": {"supported": True},
        "authenticationSchemes": [
            {
                "type": "oauthbearertoken",
                "name": "OAuth Bearer Token",
                "description": "接口密钥或由它换得的令牌，须有 organizations:write 权限",
                "primary": True,
            }
        ],
    }


def resource_types() -> list[Resource]:
    """Return the kinds of resources."""
    extensions = {"User": ENTERPRISE, "Group": UNIT}
    return [
        {
            "schemas": [_TYPE],
            "id": kind.name,
            "name": kind.name,
            "endpoint": f"/{kind.endpoint}",
            "schema": kind.schema,
            "schemaExtensions": [{"schema": extensions[kind.name], "required": False}],
        }
        for kind in (USERS, GROUPS)
    ]


def schemas() -> list[Resource]:
    """Return the attributes that this server keeps; others are ignored."""
    contact = [_attribute("value"), _attribute("type"), _attribute("primary", "boolean")]
    member = [_attribute("value"), _attribute("display"), _attribute("type")]
    return [
        _schema(
            USER,
            "User",
            [
                _attribute("userName", required=True, unique=True),
                _attribute("displayName"),
                _attribute("name", "complex", parts=[_attribute("formatted")]),
                _attribute("active", "boolean"),
                _attribute("emails", "complex", many=True, parts=contact),
                _attribute("phoneNumbers", "complex", many=True, parts=contact),
                _attribute("groups", "complex", many=True, parts=member, writable=False),
            ],
        ),
        _schema(
            ENTERPRISE, "EnterpriseUser", [_attribute("employeeNumber"), _attribute("department")]
        ),
        _schema(
            GROUP,
            "Group",
            [
                _attribute("displayName", required=True),
                _attribute("members", "complex", many=True, parts=member),
            ],
        ),
        _schema(
            UNIT,
            "OrgUnit",
            [
                _attribute("kind"),
                _attribute("code", unique=True),
                _attribute("legalEntity", "boolean", writable=False),
            ],
        ),
    ]


def _schema(key: str, name: str, attributes: list[Resource]) -> Resource:
    return {"schemas": [_SCHEMA], "id": key, "name": name, "attributes": attributes}


def _attribute(name: str, kind: str = "string", **traits: Any) -> Resource:
    """Return one attribute in the words of RFC 7643 §7."""
    attribute: Resource = {
        "name": name,
        "type": kind,
        "multiValued": traits.get("many", False),
        "required": traits.get("required", False),
        "caseExact": False,
        "mutability": "readWrite" if traits.get("writable", True) else "readOnly",
        "returned": "default",
        "uniqueness": "server" if traits.get("unique", False) else "none",
    }
    if "parts" in traits:
        attribute["subAttributes"] = traits["parts"]
    return attribute
