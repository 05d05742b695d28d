"""Who is let in by password, and what a user may do: from accounts and powers alone."""

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import AnonymousUser, User

from baozhen.signing.organizations.queries import permissions_of

_APP = "organizations"


class PowerBackend(ModelBackend):
    """Django's passwords with our powers; groups, user permissions and superusers mean nothing."""

    def get_all_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        """Return the names that `user.has_perm` knows; asked once for each user object."""
        if not user_obj.is_active or user_obj.is_anonymous or obj is not None:
            return set()
        if not hasattr(user_obj, "_held_powers"):
            held = {f"{_APP}.{code}" for code in permissions_of(user_obj)}
            user_obj._held_powers = held
        names: set[str] = user_obj._held_powers
        return names

    def has_perm(self, user_obj: User | AnonymousUser, perm: str, obj: Any = None) -> bool:
        """Tell whether the user holds the permission somewhere."""
        return user_obj.is_active and perm in self.get_all_permissions(user_obj, obj)

    def has_module_perms(self, user_obj: User | AnonymousUser, app_label: str) -> bool:
        """Tell whether the user holds any permission of the app."""
        return app_label == _APP and bool(self.get_all_permissions(user_obj))
