"""Every setting in one file; what differs between places comes from the environment.

Importing it writes nothing: folders are made by ``triage.runtime.data_folder`` when Django
starts, the secret key when it is first asked for. Whether settings fit together is said by the
system checks.
"""

from __future__ import annotations

import os
from pathlib import Path

import django_stubs_ext
import environ
import pghistory
from celery.schedules import crontab
from django.core.exceptions import ImproperlyConfigured
from django.utils.functional import SimpleLazyObject
from kombu import Exchange, Queue

from triage.runtime.data_folder import load_or_create_secret

# Nothing leaves the machine: the model libraries must never look for a hub, nor report to one.
# Only `manage.py fetch_model` asks one, unless whoever started us forbade it.
HUB_FORBIDDEN = environ.Env().bool("HF_HUB_OFFLINE", default=False)
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

django_stubs_ext.monkeypatch()
# Secrets are read past it: to django-environ a value that begins with $ names another variable.
env = environ.Env()
BASE = Path(__file__).resolve().parent.parent
IS_CHECKOUT = (BASE / "manage.py").is_file()  # a wheel has its pages within the application
HOME = BASE / ".data" if IS_CHECKOUT else Path.home() / ".local" / "share" / "triage"
DATA = Path(env.str("TRIAGE_DATA", default=str(HOME))).resolve()

SECRET_KEY = os.environ.get("SECRET_KEY", "") or SimpleLazyObject(
    lambda: load_or_create_secret(DATA / "secret_key")
)
DEBUG = env.bool("DEBUG", default=False)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
HTTPS = env.bool("HTTPS", default=False)

INSTALLED_APPS = [
    "triage.apps.TriageConfig",
    "approvals",
    "tickets",
    "allauth",
    "allauth.account",
    "csp",
    "django_filters",
    "django_htmx",
    "pghistory",
    "pgtrigger",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "triage.runtime.page_guards.forbid_storing",
    "triage.runtime.page_guards.refuse_unstorable_text",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "pghistory.middleware.HistoryMiddleware",
]

ROOT_URLCONF = "triage.urls"
WSGI_APPLICATION = "triage.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE / "templates"] if IS_CHECKOUT else [],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

# Database: PostgreSQL, a private one where none is named
PRIVATE_DATABASE = env.str("TRIAGE_DATABASE", default="triage")
if DATABASE_URL := env.str("DATABASE_URL", default=""):
    if not DATABASE_URL.startswith(("postgres://", "postgresql://")):
        raise ImproperlyConfigured(
            "DATABASE_URL names no PostgreSQL. Write postgres://user:password@host:port/name, "
            "or unset it to use the private server."
        )
    DATABASES = {"default": env.db_url("DATABASE_URL", engine="triage.runtime.postgres")}
else:
    DATABASES = {
        "default": {
            "ENGINE": "triage.runtime.postgres",
            "NAME": PRIVATE_DATABASE,
            "OPTIONS": {"private": True},
        }
    }
# Who owns the tables: for `manage.py migrate` alone (triage.runtime.postgres.roles).
DATABASE_OWNER = env.db_url("DATABASE_OWNER_URL") if env.str("DATABASE_OWNER_URL", "") else {}
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
DATABASES["default"]["CONN_MAX_AGE"] = env.int("CONN_MAX_AGE", default=60)
# Shared by all web processes, so that limits on sign-in and contact form count once.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "cache",
        "OPTIONS": {"MAX_ENTRIES": 20_000},
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Every change of a knob is kept, deletions too, and cannot be rewritten afterwards.
PGHISTORY_APPEND_ONLY = True
PGHISTORY_DEFAULT_TRACKERS = (
    pghistory.InsertEvent(),
    pghistory.UpdateEvent(),
    pghistory.DeleteEvent(),
)

# People
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "tickets:inbox"
ACCOUNT_ADAPTER = "triage.runtime.closed_sign_up.ClosedAdapter"
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"

# What the browser may do
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
        "base-uri": ["'none'"],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None

# Files: for whoever runs the shop, and nobody else on the machine
FILE_UPLOAD_PERMISSIONS, FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o600, 0o700
STATIC_URL = "static/"
STATIC_ROOT = DATA / "static"
STATICFILES_DIRS = [BASE / "static"] if IS_CHECKOUT else []
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

# Mail: kept in files until an EMAIL_URL says where it goes
if env.str("EMAIL_URL", default=""):
    mail = env.email_url("EMAIL_URL")
else:
    mail = {
        "EMAIL_BACKEND": "django.core.mail.backends.filebased.EmailBackend",
        "EMAIL_FILE_PATH": DATA / "outbox",
    }
EMAIL_BACKEND = mail["EMAIL_BACKEND"]
EMAIL_FILE_PATH = mail["EMAIL_FILE_PATH"]
EMAIL_HOST = mail.get("EMAIL_HOST") or "localhost"
EMAIL_PORT = mail.get("EMAIL_PORT") or 25
EMAIL_HOST_USER = mail.get("EMAIL_HOST_USER") or ""
EMAIL_HOST_PASSWORD = mail.get("EMAIL_HOST_PASSWORD") or ""
EMAIL_USE_TLS = mail.get("EMAIL_USE_TLS", False)
EMAIL_USE_SSL = mail.get("EMAIL_USE_SSL", False)
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = env.str(
    "DEFAULT_FROM_EMAIL", default="Harbour & Pine <help@harbourandpine.example>"
)
# A ticket's mark in Reply-To; only where the mail server takes help+anything@ as help@.
PLUS_ADDRESSES = env.bool("PLUS_ADDRESSES", default=False)
# A ticket's number in the subject of replies, for customers whose programs tell nothing else.
SUBJECT_NUMBERS = env.bool("SUBJECT_NUMBERS", default=False)
SHOP_NAME = env.str("SHOP_NAME", default="Harbour & Pine")

# Workers
CELERY_BROKER_URL = env.str("CELERY_BROKER_URL", default="") or "filesystem://"
if CELERY_BROKER_URL.startswith("filesystem"):
    BROKER = Path(env.str("TRIAGE_BROKER", default=str(DATA / "broker")))
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "data_folder_in": BROKER / "queue",
        "data_folder_out": BROKER / "queue",
        "control_folder": BROKER / "control",
        "polling_interval": 0.1,  # the default second would be most of a ticket's time
    }
    CELERY_WORKER_ENABLE_REMOTE_CONTROL = False  # a broadcast would be one more shared file
# Lanes: what a person waits for, and what keeps the shop going, never stands behind long work.
# A worker that names no queues attends to all of them.
LANES = {
    "celery": ["triage.tasks.process"],  # Celery's own name: calls sent before there were lanes
    "upkeep": [f"triage.tasks.{name}" for name in ("sweep", "deliver", "notify", "pay", "watch")],
    "training": ["triage.tasks.work_job", "triage.tasks.nightly"],
}
CELERY_TASK_QUEUES = [Queue(name, Exchange("celery"), routing_key=name) for name in LANES]
CELERY_TASK_ROUTES = {task: {"queue": name} for name, tasks in LANES.items() for task in tasks}
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_REDIRECT_STDOUTS = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_TIME_LIMIT = 300
CELERY_BEAT_SCHEDULER = "celery.beat:Scheduler"  # in memory: the default keeps a pickle
CELERY_BEAT_SCHEDULE = {
    "sweep": {"task": "triage.tasks.sweep", "schedule": 2.0, "options": {"expires": 2}},
    "nightly": {"task": "triage.tasks.nightly", "schedule": crontab(hour=3, minute=0)},
}

# The machine
# The reply follows the decision: nothing may be promised that decide did not find.
TRIAGE_STEPS = [
    "triage.steps.classify.step",
    "triage.steps.retrieve.step",
    "triage.steps.summarize.step",
    "triage.steps.decide.step",
    "triage.steps.answer.step",
    "triage.steps.draft.step",
]
# Each looks at a reply under the ticket's lock before it is sent, and may refuse it.
SEND_GUARDS = [
    "triage.pipeline.send_guard.refuse_gaps",
    "triage.pipeline.send_guard.refuse_unapproved",
]
TRIAGE_LEASE_SECONDS = env.int("TRIAGE_LEASE_SECONDS", default=30)
TRIAGE_MODEL_THREADS = env.int("TRIAGE_MODEL_THREADS", default=1)
TRIAGE_ROSTER = env.str("TRIAGE_ROSTER", default="")
TRIAGE_FETCHED = DATA / "models" / "roster.toml"  # written by fetch_model, its models beside it
APPROVAL_DAYS = env.int("APPROVAL_DAYS", default=7)

# Paying refunds
PAYMENT_EXECUTOR = env.str("PAYMENT_EXECUTOR", default="manual")
PAYMENT_URL = env.str("PAYMENT_URL", default="").rstrip("/")
PAYMENT_SECRET = os.environ.get("PAYMENT_SECRET", "")
PAYMENT_TIMEOUT = env.int("PAYMENT_TIMEOUT", default=20)  # seconds
PAYMENT_PATIENCE = env.int("PAYMENT_PATIENCE", default=600)  # seconds until "never heard" counts
STRIPE_API_KEY = os.environ.get("STRIPE_API_KEY", "")
STRIPE_API_BASE = env.str("STRIPE_API_BASE", default="https://api.stripe.com").rstrip("/")
# Where colleagues reach these pages: the links in mails to them begin with it.
SITE_URL = env.str("SITE_URL", default="http://localhost:8000").rstrip("/")

# The rest
LANGUAGE_CODE = "en-gb"
TIME_ZONE = env.str("TIME_ZONE", default="Europe/London")
USE_TZ = True
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "filters": {"short": {"()": "triage.runtime.machine_faults.SayFaultsShort"}},
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["short"]}
    },
    # kombu warns that filesystem:// names no host: it needs none.
    "loggers": {"kombu.connection": {"level": "ERROR"}},
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", default="WARNING")},
}
