"""Addresses of the staff pages for: authorities, certificates, U-keys, trust lists."""

from django.urls import URLPattern, path

from baozhen.faces.console import certificates
from baozhen.faces.console.authorities import applications, key_records, trust_list

_KEY = "ukeys/<str:public_id>"
_ANCHOR = "trust-list/<str:public_id>"

URLS: list[URLPattern] = [
    path("certificates/applications", applications.applications, name="certificate_applications"),
    path("certificates/apply", applications.apply, name="certificate_apply"),
    path("certificates/import", applications.import_files, name="certificate_import"),
    path(
        "certificates/applications/<str:public_id>",
        applications.application,
        name="certificate_application",
    ),
    path(
        "certificates/applications/<str:public_id>/cancel",
        applications.cancel,
        name="certificate_cancel",
    ),
    path("certificates/<int:key>", certificates.binding, name="binding"),
    path("certificates/<int:key>/activate", certificates.activate, name="binding_activate"),
    path("certificates/<int:key>/suspend", certificates.suspend, name="binding_suspend"),
    path("certificates/<int:key>/renew", certificates.renew, name="binding_renew"),
    path("certificates/<int:key>/revoke", certificates.revoke, name="binding_revoke"),
    path("ukeys", key_records.keys, name="ukeys"),
    path("ukeys/apply", key_records.apply, name="ukey_apply"),
    path(_KEY, key_records.key, name="ukey"),
    path(f"{_KEY}/decide", key_records.decide, name="ukey_decide"),
    path(f"{_KEY}/issue", key_records.issue, name="ukey_issue"),
    path(f"{_KEY}/end/<str:what>", key_records.end, name="ukey_end"),
    path("trust-list", trust_list.anchors, name="trust_list"),
    path("trust-list/propose", trust_list.propose, name="anchor_propose"),
    path(_ANCHOR, trust_list.anchor, name="anchor"),
    path(f"{_ANCHOR}/decide", trust_list.decide, name="anchor_decide"),
    path(f"{_ANCHOR}/remove", trust_list.remove, name="anchor_remove"),
    path("revocation", trust_list.sources, name="revocation"),
    path("revocation/refresh", trust_list.refresh, name="revocation_refresh"),
]
