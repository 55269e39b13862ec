"""Settings: everything that differs between machines comes from the environment, with a default for a laptop."""

import os
import sys
from importlib.util import find_spec
from pathlib import Path

import environ
from celery.schedules import crontab
from django.utils.translation import gettext_lazy as _

from erp import settings_pages

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = Path(os.environ.get("ERP_VAR_DIR", BASE_DIR / "var"))

env = environ.Env()
environ.Env.read_env(BASE_DIR / ".env")

TESTING = "pytest" in sys.modules

if "DATABASE_URL" not in os.environ or "REDIS_URL" not in os.environ:
    from erp.embedded import ensure_environment

    ensure_environment()

DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = env.str("SECRET_KEY")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
# A carrier that does not exist moves the demo's parcels; never in a company that works.
DEMO_CARRIER = env.bool("DEMO_CARRIER", default=env.bool("DEMO", default=False))
SITE_URL = env.str("SITE_URL", default=f"http://localhost:{os.environ.get('PORT', '8000')}")

INSTALLED_APPS = [
    "unfold",
    "unfold.contrib.filters",
    "unfold.contrib.import_export",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "django_htmx",
    "django_filters",
    "import_export",
    "django_celery_beat",
    "pgtrigger",
    "pghistory",
    "ninja",
    "erp",
    "inventory",
    "orders",
    "production",
    "shipping",
    "finance",
    "aftersales",
    "notifications",
    "portal",
    "reports",
    "demo",
    "bench",
]

MIDDLEWARE = [
    "erp.observability.RequestIdMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "erp.web.csp.ContentSecurityPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "erp.replication.ReplicaMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "erp.web.locale.ChosenLocaleMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "erp.web.errors.BusinessErrorMiddleware",
]

if DEBUG and not TESTING and find_spec("debug_toolbar"):  # a development package
    INSTALLED_APPS.append("debug_toolbar")
    MIDDLEWARE.insert(0, "debug_toolbar.middleware.DebugToolbarMiddleware")
    INTERNAL_IPS = ["127.0.0.1", "::1"]

ROOT_URLCONF = "erp.urls"
WSGI_APPLICATION = "erp.wsgi.application"

CONTEXT_PROCESSORS = [
    "django.template.context_processors.request",
    "django.contrib.auth.context_processors.auth",
    "django.contrib.messages.context_processors.messages",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "NAME": "jinja2",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": False,
        "OPTIONS": {
            "environment": "erp.jinja.environment",
            "context_processors": ["erp.web.context.page"],
        },
    },
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "NAME": "django",
        "DIRS": [BASE_DIR / "templates_django"],
        "APP_DIRS": True,
        "OPTIONS": {"context_processors": CONTEXT_PROCESSORS},
    },
]

DATABASES = {"default": env.db("DATABASE_URL")}
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
DATABASES["default"]["CONN_MAX_AGE"] = env.int("CONN_MAX_AGE", default=60)
# PgBouncer in transaction mode keeps no server-side cursor between statements.
DATABASES["default"]["DISABLE_SERVER_SIDE_CURSORS"] = env.bool("PGBOUNCER", default=False)
if _pool_size := env.int("DB_POOL_SIZE", default=0):
    DATABASES["default"]["CONN_MAX_AGE"] = 0
    DATABASES["default"].setdefault("OPTIONS", {})["pool"] = {"min_size": 1, "max_size": _pool_size}
# Lists, reports and the portal read from here where it is set: see erp/replication.py.
if env.str("DATABASE_REPLICA_URL", default=""):
    DATABASES["replica"] = {
        **DATABASES["default"],
        **env.db("DATABASE_REPLICA_URL"),
        "TEST": {"MIRROR": "default"},
    }
DATABASE_ROUTERS = ["erp.replication.Router"]
if _test_db := os.environ.get("ERP_TEST_DB"):
    DATABASES["default"]["TEST"] = {"NAME": _test_db}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env.str("REDIS_URL")
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "erp",
    }
}
SESSION_ENGINE = "django.contrib.sessions.backends.cached_db"
SESSION_COOKIE_AGE = 60 * 60 * 24 * 14

AUTH_USER_MODEL = "erp.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "/accounts/login/"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_ADAPTER = "erp.accounts.AccountAdapter"
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_SESSION_REMEMBER = True
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
# How many proxies stand before the web server; rate limits by address need the right one.
ALLAUTH_TRUSTED_PROXY_COUNT = env.int("ALLAUTH_TRUSTED_PROXY_COUNT", default=0)

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "简体中文"), ("zh-hant", "繁體中文"), ("en", "English")]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "Asia/Shanghai"
USE_I18N = True
USE_TZ = True

STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "erp.web.bundles.BundleFinder",
]
STATIC_ROOT = VAR_DIR / "static"
MEDIA_ROOT = VAR_DIR / "media"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    # Files of documents: never inside a directory that a web server hands out; `erp.web.talk` checks each reader.
    "attachments": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": env.path("ATTACHMENT_ROOT", default=VAR_DIR / "attachments"), "base_url": None},
    },
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG or TESTING
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = DEBUG or TESTING

if _smtp := env.str("EMAIL_URL", default=""):
    vars().update(env.email_url_config(_smtp))
else:
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    EMAIL_FILE_PATH = VAR_DIR / "mail"
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="erp@localhost")

CELERY_BROKER_URL = REDIS_URL
CELERY_RESULT_BACKEND = None
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_TIME_LIMIT = 60 * 30
CELERY_TASK_SOFT_TIME_LIMIT = 60 * 25
CELERY_TASK_DEFAULT_QUEUE = "interactive"
CELERY_TASK_ROUTES = {
    "erp.tasks.keep_house": {"queue": "batch"},
    "notifications.tasks.*": {"queue": "notify"},
    "shipping.tasks.learn_transit_times": {"queue": "batch"},
    "shipping.tasks.sweep_silent": {"queue": "batch"},
    "shipping.tasks.*": {"queue": "notify"},
    "inventory.tasks.*": {"queue": "batch"},
    "orders.tasks.take_delivery": {"queue": "interactive"},
    "orders.tasks.sweep_deliveries": {"queue": "interactive"},
    "orders.tasks.sweep_imports": {"queue": "interactive"},
    "orders.tasks.remind_approvers": {"queue": "notify"},
    "orders.tasks.*": {"queue": "batch"},
}
CELERY_TASK_CREATE_MISSING_QUEUES = True
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 60 * 60}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TIMEZONE = TIME_ZONE
CELERY_BEAT_SCHEDULER = "django_celery_beat.schedulers:DatabaseScheduler"
CELERY_BEAT_SCHEDULE = {
    "clear-attachments": {"task": "erp.tasks.clear_attachments", "schedule": crontab(hour=4, minute=10)},
    "worker-heartbeat": {"task": "erp.tasks.heartbeat", "schedule": 15.0},
    "recheck-orders": {"task": "orders.tasks.sweep_checks", "schedule": crontab(minute=20)},
    "propose-counts": {"task": "inventory.tasks.propose_counts", "schedule": crontab(hour=4, minute=40)},
    "sweep-jobs": {"task": "erp.tasks.sweep_jobs", "schedule": 60.0},
    "compare-stock": {"task": "inventory.tasks.compare_stock", "schedule": crontab(hour=5, minute=10)},
    "serve-free-stock": {"task": "orders.tasks.serve_free_stock", "schedule": 300.0},
    "archive-orders": {"task": "orders.tasks.archive_orders", "schedule": crontab(hour="2", minute="20")},
    "remind-approvers": {"task": "orders.tasks.remind_approvers", "schedule": 900.0},
    "take-up-imports": {"task": "orders.tasks.sweep_imports", "schedule": 60.0},
    "take-channel-orders": {"task": "orders.tasks.sweep_deliveries", "schedule": 60.0},
    "deliver-outbox": {"task": "notifications.tasks.sweep_outbox", "schedule": 30.0},
    "call-carriers": {"task": "shipping.tasks.sweep_calls", "schedule": 20.0},
    "ask-for-silent-parcels": {"task": "shipping.tasks.sweep_silent", "schedule": 900.0},
    "learn-transit-times": {"task": "shipping.tasks.learn_transit_times", "schedule": crontab(hour=2, minute=50)},
    "post-stock": {"task": "finance.tasks.post_pending_stock", "schedule": 300.0},
    "keep-house": {"task": "erp.tasks.keep_house", "schedule": crontab(hour=3, minute=10)},
    "post-stock-of-all-time": {
        "task": "finance.tasks.post_pending_stock",
        "schedule": crontab(hour=3, minute=40),
        "kwargs": {"days": None},
    },
}

CSRF_FAILURE_VIEW = "erp.web.errors.csrf_failure"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
HTTPS = env.bool("HTTPS", default=False)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = True
if HTTPS:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_SSL_REDIRECT = True
    SECURE_HSTS_SECONDS = 60 * 60 * 24 * 365
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"request_id": {"()": "erp.observability.RequestIdFilter"}},
    "formatters": {
        "json": {"()": "erp.observability.JsonFormatter"},
        "plain": {"format": "%(levelname)s %(name)s [%(request_id)s] %(message)s"},
    },
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "filters": ["request_id"],
            "formatter": env.str("LOG_FORMAT", default="plain" if DEBUG or TESTING else "json"),
        }
    },
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", default="INFO")},
    "loggers": {"fontTools": {"level": "ERROR"}, "weasyprint": {"level": "ERROR"}},
}

UNFOLD = {
    "SITE_TITLE": _("Order-to-cash ERP"),
    "SITE_HEADER": _("Order-to-cash ERP"),
    "SITE_URL": "/",
    "SITE_SYMBOL": "tune",
    "SHOW_HISTORY": True,
    "COLORS": {"primary": settings_pages.BLUE},
    "SIDEBAR": {"show_search": True, "navigation": "erp.settings_pages.navigation"},
}
IMPORT_EXPORT_USE_TRANSACTIONS = True

if TESTING:
    PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
