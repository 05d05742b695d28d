"""`baozhen officers`: the first three officers of a new installation, once."""

import argparse
import secrets
import sys

from django.db import transaction

from baozhen.foundation.clock import now
from baozhen.signing.organizations.errors import AccountInvalid
from baozhen.signing.organizations.models import Account
from baozhen.signing.organizations.roles import ROLE_OF_OFFICER
from baozhen.signing.organizations.services import appoint_first, ensure_roles
from baozhen.signing.organizations.states import OFFICERS, Officer

HELP = """建立首任三员：系统管理员、安全管理员、安全审计员，须是三个不同的人。
只能在还没有任何三员时执行一次；之后的任免在控制台“三员”页由两位三员共同完成。
初始密码只显示一次，首次登录须更改，并设置双因素验证。"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options: one user name and person an officer."""
    for officer, label in OFFICERS.items():
        parser.add_argument(
            f"--{officer.value}", required=True, metavar="用户名=姓名", help=f"{label}"
        )


def run(args: argparse.Namespace) -> int:
    """Make the three accounts, all or none."""
    given = {officer: str(getattr(args, officer.value)) for officer in Officer}
    people = {officer: text.partition("=")[::2] for officer, text in given.items()}
    if Account.objects.filter(officer__isnull=False).exists():
        print("已经有三员：请在控制台“三员”页任免。", file=sys.stderr)
        return 2
    if len({name for name, _ in people.values()}) < len(Officer) or not all(
        name and person for name, person in people.values()
    ):
        print("请给出三个不同的人，格式是 用户名=姓名。", file=sys.stderr)
        return 2
    try:
        lines = _appoint(people)
    except AccountInvalid as refusal:
        print(refusal, file=sys.stderr)
        return 1
    print("\n".join(lines))
    return 0


@transaction.atomic
def _appoint(people: dict[Officer, tuple[str, str]]) -> list[str]:
    ensure_roles()
    lines = []
    for officer, (name, person) in people.items():
        password = secrets.token_urlsafe(12)
        appoint_first(
            name,
            person,
            [ROLE_OF_OFFICER[officer]],
            password=password,
            at=now(),
            password_is_initial=True,
        )
        lines.append(f"{OFFICERS[officer]} {person}：{name} / {password}")
    return lines
