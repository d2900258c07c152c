"""Settings, read from the environment. What is missing or malformed stops the start with a sentence."""

import os
from datetime import timedelta
from pathlib import Path
from urllib.parse import unquote, urlsplit

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

BASE_DIR = Path(__file__).resolve().parent.parent


def environment(name: str, default: str | None = None) -> str:
    """The environment variable `name`; without a default its absence is an error with a sentence."""
    value = os.environ.get(name, default)
    if value is None:
        raise ImproperlyConfigured(f"Set the environment variable {name} (README, 'Servers of your own').")
    return value


def switch(name: str, default: str) -> bool:
    """An on/off variable: 1/true/yes/on or 0/false/no/off."""
    value = environment(name, default).lower()
    if value in {"1", "true", "yes", "on"}:
        return True
    if value in {"0", "false", "no", "off", ""}:
        return False
    raise ImproperlyConfigured(f"{name} is '{value}': write 1 or 0.")


def number(name: str, default: int) -> int:
    """A whole number, zero or more."""
    value = environment(name, str(default))
    if not value.isascii() or not value.isdigit():
        raise ImproperlyConfigured(f"{name} is '{value}': write a whole number.")
    return int(value)


def words(name: str, default: str | None = "") -> tuple[str, ...]:
    """Words separated by commas."""
    return tuple(word.strip() for word in environment(name, default).split(",") if word.strip())


def database(name: str) -> dict:
    """A Django database from a URL such as postgresql://role:password@host:5432/database."""
    url = urlsplit(environment(name))
    if url.scheme not in {"postgres", "postgresql"} or not url.path.strip("/"):
        raise ImproperlyConfigured(f"{name} must look like postgresql://role:password@host:5432/database.")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(url.path.strip("/")),
        "USER": unquote(url.username or ""),
        "PASSWORD": unquote(url.password or ""),
        "HOST": url.hostname or "",
        "PORT": str(url.port or ""),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {"connect_timeout": 5},
        "DISABLE_SERVER_SIDE_CURSORS": True,  # safe behind transaction pooling
    }


SECRET_KEY = environment("SECRET_KEY")
DATA_UPLOAD_MAX_MEMORY_SIZE = 24_000_000  # bytes of a body: a file of an import, and what stands around it
IDENTITY_KEYS = words("IDENTITY_KEYS", None)  # the first encrypts, all decrypt
if not IDENTITY_KEYS or min(map(len, IDENTITY_KEYS)) < 32:
    raise ImproperlyConfigured("IDENTITY_KEYS holds keys of 32 characters or more, separated by commas.")
# Under it dates are shifted and ids replaced in exports; another key gives others.
EXPORT_KEY = environment("EXPORT_KEY", SECRET_KEY)
DEBUG = switch("DEBUG", "0")
ALLOWED_HOSTS = environment("ALLOWED_HOSTS", "127.0.0.1,localhost").split(",")
CSRF_TRUSTED_ORIGINS = [origin for origin in environment("CSRF_TRUSTED_ORIGINS", "").split(",") if origin]

# One database, three roles: "default" is the app role; "owner" exists only where migrations run, "backup" only where
# backups are made.
DATABASES = {"default": database("DATABASE_URL")}
if os.environ.get("DATABASE_OWNER_URL"):
    DATABASES["owner"] = database("DATABASE_OWNER_URL")
if os.environ.get("DATABASE_BACKUP_URL"):
    DATABASES["backup"] = database("DATABASE_BACKUP_URL")

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "crispy_forms",
    "crispy_bootstrap5",
    "django_htmx",
    "django_filters",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "csp",
    "axes",
    "trialsite.audit",
    "trialsite.access",
    "trialsite.studies",
    "trialsite.casebook",
    "trialsite.reminders",
    "trialsite.review",
    "trialsite.deviations",
    "trialsite.amendments",
    "trialsite.exchange",
    "enrollment",
    "assessments",
    "treatment",
    "outcomes",
    "trialsite.exports",
    "trialsite.imports",
    "trialsite.demo",
    "trialsite.upkeep",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "trialsite.access.middleware.PermissionsPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "trialsite.audit.middleware.AsOfMiddleware",  # its refusals are in the reader's language
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "trialsite.access.middleware.TokenMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",
    "trialsite.access.middleware.DoorMiddleware",
    "trialsite.casebook.reading.ReadingMiddleware",
    "trialsite.audit.middleware.ActingMiddleware",
]

ROOT_URLCONF = "trialsite.urls"
WSGI_APPLICATION = "trialsite.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "trialsite.casebook.navigation.navigation",
            ],
        },
    },
]

AUTH_USER_MODEL = "access.User"
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "inbox"
LOGOUT_REDIRECT_URL = "login"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("username", "full_name", "email")},
    },
    {"NAME": "trialsite.access.passwords.FormerPasswordValidator", "OPTIONS": {"remembered": 5}},
]
PASSWORD_DAYS = number("PASSWORD_DAYS", 0)  # how long a password may be used; 0: for good
SECOND_FACTOR_ROLES = words("SECOND_FACTOR_ROLES")  # roles that need one, such as administrator,data_manager

AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "trialsite.access.backends.PasswordBackend"]
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]  # a hospital's staff may share one address
AXES_CLIENT_IP_CALLABLE = "trialsite.access.requests.address_of"
AXES_RESET_ON_SUCCESS = True
AXES_LOCKOUT_CALLABLE = "trialsite.access.login.locked_out"
AXES_SENSITIVE_PARAMETERS = ["username", "old_password", "new_password", "again", "code"]  # beside "password"
AXES_DISABLE_ACCESS_LOG = True  # log-ins and log-outs are events of the audit
AXES_VERBOSE = AXES_ENABLE_ADMIN = False
LOGINS_PER_MINUTE = number("LOGINS_PER_MINUTE", 60)  # of one address, in one web process
TOKENS_PER_MINUTE = number("TOKENS_PER_MINUTE", 10)

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("zh-hans", _("Simplified Chinese"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "UTC"
USE_TZ = True

STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "trialsite" / "static"]
WHITENOISE_USE_FINDERS = True  # straight from the source folders: no collecting step
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
CRISPY_ALLOWED_TEMPLATE_PACKS = "bootstrap5"
CRISPY_TEMPLATE_PACK = "bootstrap5"
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
INSTALLED_APPS += ["django.forms"]

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "object-src": [NONE],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "form-action": [SELF],
    }
}

HTTPS = switch("HTTPS", "0")  # behind the TLS proxy of the compose file
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SECURE_HSTS_SECONDS = 31536000 if HTTPS else 0
SECURE_SSL_REDIRECT = HTTPS
SESSION_ENGINE = "trialsite.access.sessions"
IDLE_MINUTES = number("IDLE_MINUTES", 30)  # a log-in ends after so long without a request
SESSION_COOKIE_AGE = IDLE_MINUTES * 60
SESSION_COOKIE_HTTPONLY = True
CSRF_COOKIE_HTTPONLY = False  # so that an open form can go on after a new log-in; pages hold the token anyway
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

EMAIL_FILE_PATH = environment("EMAIL_FILE_PATH", str(BASE_DIR / ".run" / "mail"))
EMAIL_BACKEND = environment("EMAIL_BACKEND", "django.core.mail.backends.filebased.EmailBackend")
DEFAULT_FROM_EMAIL = environment("DEFAULT_FROM_EMAIL", "trials@hospital.invalid")
EMAIL_HOST = environment(
    "EMAIL_HOST", "localhost"
)  # with EMAIL_BACKEND=django.core.mail.backends.smtp.EmailBackend
EMAIL_PORT = number("EMAIL_PORT", 25)
EMAIL_HOST_USER = environment("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD = environment("EMAIL_HOST_PASSWORD", "")
EMAIL_USE_TLS = switch("EMAIL_USE_TLS", "0")  # STARTTLS
EMAIL_TIMEOUT = 10

# Links in reminders begin with this.
SITE_URL = environment("SITE_URL", (CSRF_TRUSTED_ORIGINS or ["http://127.0.0.1:8000"])[0]).rstrip("/")
WEBHOOK_HOSTS = words(
    "WEBHOOK_HOSTS", "qyapi.weixin.qq.com"
)  # to which reminders and changes may be posted; ".hospital.cn": all beneath
WEBHOOK_PRIVATE = switch(
    "WEBHOOK_PRIVATE", "0"
)  # also to private addresses and over http: receivers in the same house

POSTGRES_PROGRAMS = environment(
    "POSTGRES_PROGRAMS", ""
)  # the folder of pg_dump and pg_restore; "": those embedded
DIGEST_PATH = environment("DIGEST_PATH", str(BASE_DIR / ".run" / "digests.jsonl"))  # to be copied elsewhere
EXPORTS_PATH = environment("EXPORTS_PATH", str(BASE_DIR / ".run" / "exports"))  # web and workers share it

REDIS_URL = environment("REDIS_URL")
CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {  # nobody at a form waits for a broker that is down
    "socket_connect_timeout": 2,
    "max_retries": 0,
    "interval_start": 0,
    "interval_step": 0,
    "interval_max": 0,
}
REMINDER_SECONDS = number("REMINDER_SECONDS", 300)  # how often is looked for reminders that are due or wait
REMINDER_PAUSE_SECONDS = number(
    "REMINDER_PAUSE_SECONDS", 60
)  # after the first failed delivery; then it doubles
CHANGES_SECONDS = number("CHANGES_SECONDS", 60)  # how often webhooks are told what changed
CELERY_BEAT_SCHEDULE = {
    "audit-digest": {"task": "audit.publish_digest", "schedule": 3600.0},
    "versions-into-force": {"task": "amendments.bring_into_force", "schedule": 3600.0},
    "reminders": {
        "task": "reminders.look",
        "schedule": float(REMINDER_SECONDS),
        "options": {"expires": REMINDER_SECONDS},
    },
    "changes": {
        "task": "exchange.tell_webhooks",
        "schedule": float(CHANGES_SECONDS),
        "options": {"expires": CHANGES_SECONDS},
    },
    "answers-of-the-api": {"task": "exchange.forget_answers", "schedule": 3600.0},
    "sae-notices": {"task": "assessments.send_sae_notices", "schedule": 600.0},
    "deviations": {"task": "treatment.draft_deviations_daily", "schedule": 86400.0},
    "old-exports": {"task": "exports.remove_expired", "schedule": 3600.0},
    "stopping-rules": {"task": "outcomes.check_stopping_rules", "schedule": 3600.0},
}

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "trialsite.access.api.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": [
        "rest_framework.renderers.JSONRenderer",
        "trialsite.exchange.renderers.CSVRenderer",
        "trialsite.exchange.renderers.NDJSONRenderer",
    ],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "EXCEPTION_HANDLER": "trialsite.exchange.refusals.answer_to",
    "DEFAULT_FILTER_BACKENDS": ["trialsite.exchange.filters.KnownFilters"],
    "DEFAULT_PAGINATION_CLASS": "trialsite.exchange.pagination.StablePagination",
    "DEFAULT_SCHEMA_CLASS": "trialsite.exchange.description.Description",
    "DEFAULT_VERSIONING_CLASS": None,
    "PAGE_SIZE": 100,
    "DEFAULT_THROTTLE_CLASSES": ["rest_framework.throttling.UserRateThrottle"],
    "DEFAULT_THROTTLE_RATES": {"user": environment("API_RATE", "600/min")},  # of one user, in one web process
    "COERCE_DECIMAL_TO_STRING": True,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "BLINA Trials API",
    "DESCRIPTION": "The trial record, read and written under the permissions and rules of the screens.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "OAS_VERSION": "3.1.1",
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,  # exchange.description does
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enum_id_removal"
    ],  # code lists stay in place
    "ENABLE_DJANGO_DEPLOY_CHECK": False,  # about names in the document; a test reads the document itself
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "loggers": {
        "axes": {"level": "ERROR"},  # it would name the users
        "pikepdf": {"level": "WARNING"},  # it says on import that it is there
        "weasyprint": {"level": "WARNING"},  # it tells each page that it lays out
        "fontTools": {"level": "WARNING"},
    },
    "root": {"handlers": ["console"], "level": environment("LOG_LEVEL", "INFO")},
}
