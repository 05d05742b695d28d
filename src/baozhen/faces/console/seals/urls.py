"""Addresses of the staff pages for: seals."""

from django.urls import URLPattern, path

from baozhen.faces.console.seals import (
    approvals,
    blast,
    desk,
    granting,
    library,
    making,
    risks,
)

URLS: list[URLPattern] = [
    path("seals", library.seals, name="seals"),
    path("seals/make", making.make, name="seal_make"),
    path("seals/preview", making.preview, name="seal_preview"),
    path("seals/uses", library.uses, name="seal_uses"),
    path("seals/approvals", approvals.approvals, name="seal_approvals"),
    path("seals/approvals/<int:key>/look.png", approvals.look, name="seal_change_look"),
    path("seals/approvals/<int:key>/decide", approvals.decide, name="seal_change_decide"),
    path("seals/loans/<int:key>/decide", approvals.decide_on_loan, name="seal_loan_decide"),
    path("seals/blast", blast.blast, name="seal_blast"),
    path("seals/blast.csv", blast.export, name="seal_blast_export"),
    path("seals/<int:key>", library.seal, name="seal"),
    path("seals/<int:key>/picture.png", library.picture, name="seal_picture"),
    path("seals/<int:key>/structure", library.structure, name="seal_structure"),
    path("seals/<int:key>/change", making.change, name="seal_change"),
    path("seals/<int:key>/ask", making.ask, name="seal_ask"),
    path("seals/<int:key>/freeze", granting.freeze, name="seal_freeze"),
    path("seals/<int:key>/grants", granting.grant, name="seal_grant"),
    path("seals/<int:key>/rules", granting.rule, name="seal_rule"),
    path("seals/grants/<int:key>/revoke", granting.revoke, name="seal_grant_revoke"),
    path("seals/rules/<int:key>/end", granting.unrule, name="seal_rule_end"),
    path("seal-desk", desk.desk, name="seal_desk"),
    path("seal-desk/ask", desk.ask, name="seal_loan_ask"),
    path("seal-desk/<int:key>", desk.loan, name="seal_loan"),
    path("seal-desk/<int:key>/give", desk.give, name="seal_loan_give"),
    path("seal-desk/<int:key>/receive", desk.receive, name="seal_loan_receive"),
    path("seal-desk/<int:key>/stamped", desk.stamped, name="seal_loan_stamped"),
    path("seal-desk/photos/<int:key>.jpg", desk.photo, name="seal_photo"),
    path("risks", risks.risks, name="risks"),
    path("risks/acts", risks.acts, name="risk_acts"),
    path("risks/<int:key>", risks.risk, name="risk"),
    path("risks/<int:key>/handle", risks.handle, name="risk_handle"),
    path("risks/<int:key>/freeze", risks.freeze, name="risk_freeze"),
]
