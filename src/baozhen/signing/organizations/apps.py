"""Django app."""

from django.apps import AppConfig


class OrganizationsConfig(AppConfig):
    """The organizations app."""

    name = "baozhen.signing.organizations"
    label = "organizations"
    verbose_name = "机构"

    def ready(self) -> None:
        """Register the jobs."""
        import baozhen.signing.organizations.jobs  # noqa: F401
