"""What follows each fact of templates: nothing runs by itself, people approve."""

from collections.abc import Mapping

FLOW: Mapping[str, tuple[str, ...]] = {
    "template_version.draft": (),
    "template_version.submitted": (),
    "template_version.approved": (),
    "template_version.retired": (),
    "template_version.dropped": (),
}
