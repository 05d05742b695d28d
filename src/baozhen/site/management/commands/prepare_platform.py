"""`prepare_platform`: fonts, roles, clauses; in development demonstration keys and seals too."""

import logging
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from baozhen.foundation.clock import now
from baozhen.foundation.errors import Outage
from baozhen.foundation.sealing.errors import NoActiveCertificate
from baozhen.insurance.compliance.seeds import data_item_seeds, duty_seeds
from baozhen.insurance.compliance.services import seed_registers
from baozhen.insurance.policies.errors import ClausesChanged
from baozhen.insurance.policies.services.clauses import publish_clauses
from baozhen.insurance.products.errors import TableVersionTaken
from baozhen.insurance.products.services import store_shipped
from baozhen.signing.certificates.services import set_up_development_hierarchy
from baozhen.signing.organizations.extent import is_alone
from baozhen.signing.organizations.services import ensure_roles
from baozhen.signing.seals.errors import NoSealFits
from baozhen.signing.seals.services.setting_up import set_up_demonstration_seals
from baozhen.site.fonts import prepare_fonts

logger = logging.getLogger(__name__)


class Command(BaseCommand):
    """Bring into place what every process stands on; safe to repeat."""

    help = "准备字库、角色、条款文件，以及开发模式的演示证书体系和演示印章"

    def add_arguments(self, parser: CommandParser) -> None:
        """Describe the arguments."""
        parser.add_argument(
            "--no-seals", action="store_true", help="不制作演示印章（条款文件等有了印章再发布）"
        )

    def handle(self, *args: object, **options: object) -> None:
        """Prepare."""
        prepare_fonts(Path(settings.NODE_MODULES), Path(settings.BAOZHEN_FONTS))
        ensure_roles()
        if not is_alone():
            seed_registers(duty_seeds(), data_item_seeds(), at=now())
            _store_tables(at=now())
        if not settings.PRODUCTION:
            set_up_development_hierarchy(at=now())
            if not options.get("no_seals"):
                set_up_demonstration_seals(at=now())
        if not is_alone():
            _publish_clauses(at=now())


def _store_tables(*, at: datetime) -> None:
    """Keep the shipped tables as first versions; one that changed under its version is a fault."""
    try:
        store_shipped(at=at)
    except TableVersionTaken as refusal:
        if settings.PRODUCTION:
            raise SystemExit(str(refusal)) from refusal
        logger.warning("a shipped table differs from the stored one: %s", refusal)


def _publish_clauses(*, at: datetime) -> None:
    """Publish the clauses; the next preparation does what cannot be done yet."""
    try:
        publish_clauses(at=at)
    except (NoActiveCertificate, NoSealFits, Outage) as reason:
        logger.warning("clauses are not published yet: %s", reason)
    except ClausesChanged as refusal:
        # Policies made now would lead to a text that is not theirs.
        raise SystemExit(str(refusal)) from refusal
