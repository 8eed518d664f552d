"""Settings, all from environment variables; docs/guide/settings.md documents each."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Any

from csp.constants import NONCE, NONE, SELF
from django.utils.translation import gettext_lazy as _
from platformdirs import user_data_path
from psycopg.conninfo import conninfo_to_dict

PACKAGE = Path(__file__).resolve().parent.parent


def flag(name: str, default: bool = False) -> bool:
    """An environment variable as yes or no."""
    return os.environ.get(name, str(default)).lower() in {"1", "true", "yes", "on"}


def proxies(name: str) -> int:
    """An environment variable as the number of proxies in front: a number, or yes for one."""
    given = os.environ.get(name, "").strip()
    return int(given) if given.isdecimal() else int(flag(name))


def listed(name: str, default: str = "") -> list[str]:
    """An environment variable as a list; values are separated by commas, blanks around them do not count."""
    return [value for part in os.environ.get(name, default).split(",") if (value := part.strip())]


def database(url: str) -> dict[str, Any]:
    """Django's settings for a ``postgresql://`` URL, read as libpq reads it."""
    parts = conninfo_to_dict(url)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.pop("dbname", "trivet"),
        "USER": parts.pop("user", ""),
        "PASSWORD": parts.pop("password", ""),
        "HOST": parts.pop("host", ""),
        "PORT": parts.pop("port", ""),
        "CONN_MAX_AGE": 0,
        "OPTIONS": {
            **parts,
            # Waiting requests hold no connection, so a small pool serves many threads.
            "pool": {"min_size": 2, "max_size": int(os.environ.get("TRIVET_POOL", "16")), "timeout": 10},
            "prepare_threshold": 5,
        },
        "TEST": {"NAME": os.environ.get("TRIVET_TEST_DB") or None},
    }


def secret_key() -> str:
    """``TRIVET_SECRET_KEY``, or one kept in the data folder so that sessions outlive a restart."""
    given = os.environ.get("TRIVET_SECRET_KEY")
    if given:
        return given
    path = DATA_DIR / "secret_key"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_suffix(f".{os.getpid()}")
        fresh.touch(mode=0o600)
        fresh.write_text(secrets.token_urlsafe(50))
        try:
            os.link(fresh, path)
        except FileExistsError:
            pass  # another process was first; its key counts
        fresh.unlink()
    return path.read_text().strip()


DATA_DIR = Path(os.environ.get("TRIVET_DATA_DIR") or user_data_path("trivet"))
DEBUG = flag("TRIVET_DEBUG")
SECRET_KEY = secret_key()
ALLOWED_HOSTS = listed("TRIVET_HOSTS", "localhost,127.0.0.1,[::1]")
CSRF_TRUSTED_ORIGINS = listed("TRIVET_ORIGINS")

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.staticfiles",
    "template_partials",
    "csp",
    "axes",
    "procrastinate.contrib.django",
    "trivet.journal",
    "trivet.company",
    "trivet.staff",
    "trivet.catalog",
    "trivet.customers",
    "trivet.orders",
    "trivet.inventory",
    "trivet.payments",
    "trivet.routing",
    "trivet.fulfillment",
    "trivet.partners",
    "trivet.web",
]

MIDDLEWARE = [
    "trivet.site.middleware.RequestLog",
    "trivet.site.probes.Probes",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "trivet.web.shell.middleware.Preferences",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "trivet.site.urls"
WSGI_APPLICATION = "trivet.site.wsgi.application"
APPEND_SLASH = False
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.i18n",
                "trivet.web.shell.context.shell",
            ],
        },
    }
]

_URL = os.environ.get("DATABASE_URL", "")
DATABASES = {"default": database(_URL or "postgresql://trivet@/trivet?host=/nonexistent")}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "staff.User"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "today"
LOGOUT_REDIRECT_URL = "login"
AXES_HANDLER = "trivet.site.throttle.Throttle"
AXES_CLIENT_IP_CALLABLE = "trivet.site.throttle.client_address"
AXES_FAILURE_LIMIT = 5
ADDRESS_FAILURE_LIMIT = 50
AXES_COOLOFF_TIME = 0.25
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"], "ip_address"]
AXES_LOCKOUT_TEMPLATE = "account/locked.html"
AXES_HTTP_RESPONSE_CODE = 429
AXES_VERBOSE = False

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("vi", _("Vietnamese"))]
LOCALE_PATHS = [PACKAGE / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "/static/"
WHITENOISE_USE_FINDERS = True  # files are served from where they lie, nothing is collected
WHITENOISE_AUTOREFRESH = DEBUG

SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = flag("TRIVET_HTTPS")
SESSION_COOKIE_AGE = 14 * 24 * 3600
SECURE_HSTS_SECONDS = 31_536_000 if flag("TRIVET_HTTPS") else 0
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
PROXIES = proxies("TRIVET_BEHIND_PROXY")
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if PROXIES else None
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF, NONCE],
        "style-src": [SELF, NONCE],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024

LEADERS = int(os.environ.get("TRIVET_LEADERS", "1"))
GROUP_SIZE = int(os.environ.get("TRIVET_GROUP_SIZE", "200"))
ADJUST_LIMIT_MINOR = int(os.environ.get("TRIVET_ADJUST_LIMIT_MINOR", "10000"))
ADJUST_LIMIT_CURRENCY = os.environ.get("TRIVET_ADJUST_LIMIT_CURRENCY", "GBP")
ADJUST_LIMIT_UNITS = int(os.environ.get("TRIVET_ADJUST_LIMIT_UNITS", "100"))
METRICS_OPEN = flag("TRIVET_METRICS_OPEN")

LOGGING_CONFIG = None
PROCRASTINATE_IMPORT_PATHS = ["trivet.flows.jobs"]
PROCRASTINATE_ON_APP_READY = None
