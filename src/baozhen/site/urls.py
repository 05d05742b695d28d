"""Every address of the site."""

from django.urls import include, path

from baozhen.site.metrics import metrics

urlpatterns = [
    path("api/v1/", include("baozhen.faces.api.urls")),
    path("scim/v2/", include("baozhen.faces.api.scim")),
    path("console/", include("baozhen.faces.console.urls")),
    path("captcha/", include("captcha.urls")),
    path("metrics", metrics),
    path("s/", include("baozhen.faces.mobile.urls")),
    path("m/", include("baozhen.faces.mobile.journey_urls")),
    path("t/", include("baozhen.faces.tracing_acts")),
    path("", include("baozhen.faces.portal.urls")),
]
