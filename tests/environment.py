"""The environment of the tests, set before Django reads its settings (`-p tests.environment`)."""

import os

os.environ.setdefault("SECRET_KEY", "only-for-tests-" + "x" * 40)
os.environ.setdefault("FIELD_KEYS", "k1:QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVoxMjM0NTY=")
os.environ.update(TASKS_BACKEND="immediate", DEBUG="False", SITE_URL="http://testserver", EMAIL_URL="memorymail://", REDIS_URL="", MFA_REQUIRED="False")
os.environ["DATABASE_URL"] = os.environ.get("TEST_DATABASE_URL", "sqlite://:memory:")
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"  # Playwright's synchronous API runs an event loop beside the tests
