"""Runs `collectstatic` of Django with a storage: django_collect.py KIND SOURCE OUT."""

import sys

import django
from django.conf import settings
from django.contrib.staticfiles.storage import ManifestStaticFilesStorage
from django.core.management import call_command


class Lenient(ManifestStaticFilesStorage):
    """Ignores broken references, because published packages contain broken references."""

    def hashed_name(self, name, content=None, filename=None):
        try:
            return super().hashed_name(name, content, filename)
        except ValueError:
            return name


class Modules(Lenient):
    """Also rewrites imports of JavaScript modules."""

    support_js_module_import_aggregation = True


STORAGES = {
    "strict": "django.contrib.staticfiles.storage.ManifestStaticFilesStorage",
    "lenient": "__main__.Lenient",
    "modules": "__main__.Modules",
    "whitenoise": "whitenoise.storage.CompressedManifestStaticFilesStorage",
}

kind, source, out = sys.argv[1:]
settings.configure(
    INSTALLED_APPS=["django.contrib.staticfiles"],
    STATIC_URL="/static/",
    STATIC_ROOT=out,
    STATICFILES_DIRS=[source],
    STORAGES={"staticfiles": {"BACKEND": STORAGES[kind]}},
)
django.setup()
call_command("collectstatic", interactive=False, verbosity=0)
