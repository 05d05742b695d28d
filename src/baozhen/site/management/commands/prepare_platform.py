"""`prepare_platform`: fonts, roles and, in development, the demonstration hierarchy."""

from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand

from baozhen.foundation.clock import now
from baozhen.signing.certificates.services import set_up_development_hierarchy
from baozhen.signing.organizations.services import ensure_roles
from baozhen.site.fonts import prepare_fonts


class Command(BaseCommand):
    """Bring into place what every process stands on; safe to repeat."""

    help = "准备字库、角色，以及开发模式的演示证书体系"

    def handle(self, *args: object, **options: object) -> None:
        """Prepare."""
        prepare_fonts(Path(settings.NODE_MODULES), Path(settings.BAOZHEN_FONTS))
        ensure_roles()
        if not settings.PRODUCTION:
            set_up_development_hierarchy(at=now())
