"""Addresses of the staff pages. Every view says who may open it (see `access`)."""

from django.urls import path

from baozhen.faces.console import (
    batches,
    certificates,
    deliveries,
    documents,
    home,
    menus,
    parked,
    policies,
    policy,
    sign_in,
    system,
    texts,
)
from baozhen.faces.console.applications import urls as applications
from baozhen.faces.console.archive import urls as archive
from baozhen.faces.console.authorities import urls as authorities
from baozhen.faces.console.claims import urls as claims
from baozhen.faces.console.compliance import urls as compliance
from baozhen.faces.console.endorsements import urls as endorsements
from baozhen.faces.console.envelopes import urls as envelopes
from baozhen.faces.console.frame import install_navigation
from baozhen.faces.console.hotline import urls as hotline
from baozhen.faces.console.identities import urls as identities
from baozhen.faces.console.integrations import urls as integrations
from baozhen.faces.console.organizations import urls as organizations
from baozhen.faces.console.partner import urls as partner
from baozhen.faces.console.payments import urls as payments
from baozhen.faces.console.products import urls as products
from baozhen.faces.console.seals import urls as seals
from baozhen.faces.console.statistics import urls as statistics
from baozhen.faces.console.templates import urls as templates
from baozhen.faces.console.traces import urls as traces
from baozhen.faces.console.underwriting import urls as underwriting

app_name = "console"
install_navigation(menus.NAVIGATION, outside=menus.OUTSIDE_NAVIGATION)

_FILE = "policies/<str:number>/files/<str:kind>/<int:version>"

urlpatterns = [
    path("sign-in", sign_in.SignIn.as_view(), name="sign_in"),
    path("sign-out", sign_in.sign_out, name="sign_out"),
    path("", home.home, name="home"),
    path("policies", policies.policies, name="policies"),
    path("policies/<str:number>", policy.policy, name="policy"),
    path("policies/<str:number>/reveal", policy.reveal, name="reveal"),
    path("policies/<str:number>/resend/<int:key>", policy.resend, name="resend"),
    path(f"{_FILE}/download", documents.download, name="file"),
    path(f"{_FILE}/inspect", documents.inspect, name="inspect"),
    path(f"{_FILE}/preview.png", documents.preview, name="preview"),
    path("batches", batches.batches, name="batches"),
    path("batches/upload", batches.upload, name="upload"),
    path("batches/<int:key>", batches.batch, name="batch"),
    path("batches/<int:key>/progress", batches.progress, name="progress"),
    path("batches/<int:key>/resume", batches.resume, name="resume"),
    path("certificates", certificates.certificates, name="certificates"),
    path("certificates/<int:key>/probe", certificates.probe, name="probe"),
    path("log", system.log, name="log"),
    path("health", system.health, name="health"),
    path("deliveries", deliveries.deliveries, name="deliveries"),
    path("deliveries/<int:key>", deliveries.delivery, name="delivery"),
    path("deliveries/<int:key>/again", deliveries.again, name="delivery_again"),
    path("texts", texts.texts, name="texts"),
    path("texts/<int:key>", texts.text, name="text"),
    path("texts/<int:key>/again", texts.again, name="text_again"),
    path("parked", parked.parked, name="parked"),
    path("parked/<int:key>/retry", parked.retry, name="retry"),
    *applications.URLS,
    *endorsements.URLS,
    *envelopes.URLS,
    *templates.URLS,
    *payments.URLS,
    *products.URLS,
    *underwriting.URLS,
    *seals.URLS,
    *authorities.URLS,
    *identities.URLS,
    *archive.URLS,
    *statistics.URLS,
    *traces.URLS,
    *organizations.URLS,
    *integrations.URLS,
    *partner.URLS,
    *hotline.URLS,
    *claims.URLS,
    *compliance.URLS,
]
