"""Every address of the site."""

from django.urls import include, path

urlpatterns = [
    path("api/v1/", include("baozhen.faces.api.urls")),
    path("scim/v2/", include("baozhen.faces.api.scim")),
    path("console/", include("baozhen.faces.console.urls")),
    path("captcha/", include("captcha.urls")),
    path("s/", include("baozhen.faces.mobile.urls")),
    path("", include("baozhen.faces.portal.urls")),
]
