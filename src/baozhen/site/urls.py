"""Every address of the site."""

from django.urls import include, path

urlpatterns = [
    path("api/v1/", include("baozhen.faces.api.urls")),
    path("console/", include("baozhen.faces.console.urls")),
    path("captcha/", include("captcha.urls")),
    path("", include("baozhen.faces.portal.urls")),
]
