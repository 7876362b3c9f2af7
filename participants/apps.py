from django.apps import AppConfig


class ParticipantsConfig(AppConfig):
    name = "participants"
    verbose_name = "Participants: who takes part, and what they take home"
    default_auto_field = "django.db.models.BigAutoField"
