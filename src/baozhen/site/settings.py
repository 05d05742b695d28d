"""Settings, all from the environment; what production refuses is in `site.production`.

| variable | meaning | default |
|---|---|---|
| BAOZHEN_MODE | `development` or `production` | development |
| BAOZHEN_DATA | data folder | `.data` in the checkout |
| DATABASE_URL | external PostgreSQL 15+ | the embedded one |
| BAOZHEN_SECRET_KEY | Django's secret | made in the data folder (development only) |
| BAOZHEN_PUBLIC_URL | address that QR codes and mails carry | http://127.0.0.1:8080 |
| BAOZHEN_ALLOWED_HOSTS | comma-separated host names | local ones |
| BAOZHEN_EXTENT | `whole`, or `signing` for the signing centre alone | whole |

The rest is described in docs/operating.md.
"""

import os
from pathlib import Path

from baozhen.foundation.logging import logging_settings
from baozhen.site.environment import (
    database_settings,
    development_secret,
    extent,
    live_timestamp_mode,
)
from baozhen.site.production import check_mode
from baozhen.site.statics import LIBRARIES

MODE = BAOZHEN_MODE = os.environ.get("BAOZHEN_MODE", "development")
PRODUCTION = MODE == "production"
CHECKOUT = Path(__file__).parents[3]
BAOZHEN_DATA = Path(os.environ.get("BAOZHEN_DATA", CHECKOUT / ".data")).resolve()
NODE_MODULES = Path(os.environ.get("BAOZHEN_NODE_MODULES", CHECKOUT / "node_modules"))

DEBUG = os.environ.get("BAOZHEN_DEBUG") == "1"
SECRET_KEY = os.environ.get("BAOZHEN_SECRET_KEY") or development_secret(BAOZHEN_DATA)
ALLOWED_HOSTS = os.environ.get("BAOZHEN_ALLOWED_HOSTS", "127.0.0.1,localhost,testserver").split(",")
BAOZHEN_PUBLIC_URL = os.environ.get("BAOZHEN_PUBLIC_URL", "http://127.0.0.1:8080")
CSRF_TRUSTED_ORIGINS = [BAOZHEN_PUBLIC_URL]

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "procrastinate.contrib.django",
    "axes",
    "captcha",
    "baozhen.foundation.audit",
    "baozhen.foundation.jobs",
    "baozhen.foundation.storage",
    "baozhen.foundation.notify",
    "baozhen.foundation.requests",
    "baozhen.foundation.events",
    "baozhen.foundation.traces",
    "baozhen.signing.risks",
    "baozhen.signing.organizations",
    "baozhen.signing.identity",
    "baozhen.signing.certificates",
    "baozhen.signing.seals",
    "baozhen.signing.files",
    "baozhen.signing.templates",
    "baozhen.signing.envelopes",
    "baozhen.signing.statistics",
    "baozhen.signing.integrations",
    "baozhen.insurance.products",
    "baozhen.insurance.proposals",
    "baozhen.insurance.underwriting",
    "baozhen.insurance.applications",
    "baozhen.insurance.disclosures",
    "baozhen.insurance.payments",
    "baozhen.insurance.policies",
    "baozhen.insurance.verification",
    "baozhen.insurance.endorsements",
    "baozhen.insurance.claims",
    "baozhen.insurance.compliance",
    "baozhen.faces",
    "baozhen.site",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "baozhen.faces.middleware.FacesMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "baozhen.faces.console.session_guard.SessionGuard",
    "axes.middleware.AxesMiddleware",
    "baozhen.faces.tracing.TracingMiddleware",
]
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "baozhen.signing.organizations.backends.PowerBackend",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]
ROOT_URLCONF = "baozhen.site.urls"
WSGI_APPLICATION = "baozhen.site.wsgi.application"

DATABASES = {"default": database_settings(BAOZHEN_DATA)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

LANGUAGE_CODE = "zh-hans"
TIME_ZONE = "Asia/Shanghai"
USE_TZ = True

STATIC_URL = "static/"
STATIC_ROOT = BAOZHEN_DATA / "static"
STATIC_ROOT.mkdir(parents=True, exist_ok=True)  # whitenoise warns when it is missing
STATICFILES_DIRS = [
    (library.prefix, folder)
    for library in LIBRARIES
    if (folder := NODE_MODULES / library.folder).is_dir()
]
STATICFILES_FINDERS = [
    "baozhen.site.statics.LibraryFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
]
# Nothing else: the platform's documents are in the object store, never in Django's storages.
STORAGES = {"staticfiles": {"BACKEND": "whitenoise.storage.CompressedStaticFilesStorage"}}
WHITENOISE_MIMETYPES = {".cjs": "text/javascript"}

LOGIN_URL = "/console/sign-in"
LOGIN_REDIRECT_URL = "/console/"
SESSION_COOKIE_AGE = 24 * 3600  # the sign-in policy ends sessions earlier
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = BAOZHEN_PUBLIC_URL.startswith("https://")
SECURE_SSL_REDIRECT = PRODUCTION and os.environ.get("BAOZHEN_BEHIND_TLS_PROXY") != "1"
SECURE_HSTS_SECONDS = 31_536_000 if PRODUCTION else 0
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 20 * 1024 * 1024
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_VERBOSE = False
# Visitors of the front server are not one address: else five of them would lock out the sixth.
AXES_CLIENT_IP_CALLABLE = "baozhen.faces.client.address_of"
AXES_LOCKOUT_CALLABLE = "baozhen.faces.console.sign_in.locked_out"
BAOZHEN_METRICS_TOKEN = os.environ.get("BAOZHEN_METRICS_TOKEN", "")
BAOZHEN_TRUSTED_PROXIES = int(os.environ.get("BAOZHEN_TRUSTED_PROXIES", "0"))
CAPTCHA_LENGTH = 4
CAPTCHA_TIMEOUT = 5  # minutes

BAOZHEN_EXTENT = extent()
BAOZHEN_STORAGE = os.environ.get("BAOZHEN_STORAGE", "local")
BAOZHEN_ARCHIVE = BAOZHEN_DATA / "archive"
BAOZHEN_TSA_URLS = [u for u in os.environ.get("BAOZHEN_TSA_URLS", "").split(",") if u]
BAOZHEN_TIMESTAMP = live_timestamp_mode()
BAOZHEN_MAIL_URL = os.environ.get("BAOZHEN_MAIL_URL", "")
BAOZHEN_FONTS = BAOZHEN_DATA / "fonts"
BAOZHEN_TEMPLATES = Path(__file__).parents[1] / "insurance" / "products" / "templates"
BAOZHEN_LOG_ORIGIN = os.environ.get("BAOZHEN_LOG_ORIGIN", "baozhen.example.com/log")
LOGGING = logging_settings(level=os.environ.get("BAOZHEN_LOG_LEVEL", "INFO"), as_json=PRODUCTION)
LOGGING["loggers"]["procrastinate"] = {"level": "WARNING"}

check_mode(globals())
