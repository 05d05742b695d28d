"""`prepare_platform`: fonts, roles, clauses and, in development, the demonstration hierarchy."""

import logging
import os
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand

from baozhen.foundation.clock import now
from baozhen.foundation.errors import Outage
from baozhen.foundation.sealing.errors import NoActiveCertificate
from baozhen.insurance.policies.errors import ClausesChanged
from baozhen.insurance.policies.services.clauses import publish_clauses
from baozhen.signing.certificates.services import set_up_development_hierarchy
from baozhen.signing.organizations.insurer import get_insurer
from baozhen.signing.organizations.services import ensure_roles
from baozhen.site.fonts import prepare_fonts
from baozhen.trust.seal.picture import SealDesign, draw_seal

logger = logging.getLogger(__name__)

SEAL_FONT = "NotoSansSC_400Regular.ttf"


class Command(BaseCommand):
    """Bring into place what every process stands on; safe to repeat."""

    help = "准备字库、角色、条款文件，以及开发模式的演示证书体系"

    def handle(self, *args: object, **options: object) -> None:
        """Prepare."""
        fonts = prepare_fonts(Path(settings.NODE_MODULES), Path(settings.BAOZHEN_FONTS))
        _draw_seal(Path(settings.BAOZHEN_SEAL_PICTURE), fonts.folder)
        ensure_roles()
        if not settings.PRODUCTION:
            set_up_development_hierarchy(at=now())
        _publish_clauses(at=now())


def _publish_clauses(*, at: datetime) -> None:
    """Publish the clauses; the next preparation does what cannot be done yet."""
    try:
        publish_clauses(at=at)
    except (NoActiveCertificate, Outage) as reason:
        logger.warning("clauses are not published yet: %s", reason)
    except ClausesChanged as refusal:
        # Policies made now would lead to a text that is not theirs.
        raise SystemExit(str(refusal)) from refusal


def _draw_seal(picture: Path, fonts: Path) -> None:
    """Draw the insurer's seal unless the operator has put a picture there."""
    if picture.exists():
        return
    insurer = get_insurer()
    note = "演示 DEMO" if insurer.is_demonstration else ""
    picture.parent.mkdir(parents=True, exist_ok=True)
    unfinished = picture.with_suffix(f".{os.getpid()}")
    unfinished.write_bytes(draw_seal(SealDesign(insurer.name, note=note), fonts / SEAL_FONT))
    unfinished.replace(picture)
