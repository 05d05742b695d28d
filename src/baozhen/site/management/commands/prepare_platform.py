"""`prepare_platform`: fonts, roles, clauses; in development demonstration keys and seals too."""

import logging
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from baozhen.foundation.clock import now
from baozhen.foundation.errors import Outage
from baozhen.foundation.sealing.errors import NoActiveCertificate
from baozhen.insurance.policies.errors import ClausesChanged
from baozhen.insurance.policies.services.clauses import publish_clauses
from baozhen.signing.certificates.services import set_up_development_hierarchy
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
        if not settings.PRODUCTION:
            set_up_development_hierarchy(at=now())
            if not options.get("no_seals"):
                set_up_demonstration_seals(at=now())
        _publish_clauses(at=now())


def _publish_clauses(*, at: datetime) -> None:
    """Publish the clauses; the next preparation does what cannot be done yet."""
    try:
        publish_clauses(at=at)
    except (NoActiveCertificate, NoSealFits, Outage) as reason:
        logger.warning("clauses are not published yet: %s", reason)
    except ClausesChanged as refusal:
        # Policies made now would lead to a text that is not theirs.
        raise SystemExit(str(refusal)) from refusal
