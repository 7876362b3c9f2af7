from django.apps import AppConfig


class EventsConfig(AppConfig):
    name = "events"
    verbose_name = "Events: what happens, where and when"
    default_auto_field = "django.db.models.BigAutoField"
