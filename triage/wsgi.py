"""What gunicorn serves."""

import os

from django.core.exceptions import ImproperlyConfigured
from django.core.wsgi import get_wsgi_application

from triage import checks

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "triage.settings")

application = get_wsgi_application()

# gunicorn runs no system checks, and pages that ask for money must not be served with these wrong.
if problem := checks.find_payment_problem():
    raise ImproperlyConfigured(problem)
