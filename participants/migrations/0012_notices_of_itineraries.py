from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("participants", "0011_person_stage")]

    operations = [
        migrations.AddField(model_name="notice", name="changes", field=models.JSONField(default=list)),
        migrations.AlterField(
            model_name="notice",
            name="kind",
            field=models.CharField(
                choices=[
                    ("submitted", "Registrations submitted"),
                    ("returned", "Returned for correction"),
                    ("endorsed", "Passed by the district"),
                    ("confirmed", "Confirmed by the organiser"),
                    ("declined", "Declined"),
                    ("waitlisted", "On the waiting list"),
                    ("moved_up", "Moved up from the waiting list"),
                    ("withdrawn", "Withdrawn"),
                    ("restored", "A step was taken back"),
                    ("deadline_near", "Registration closes soon"),
                    ("certificate_issued", "Certificate issued"),
                    ("itinerary_changed", "Itinerary changed"),
                ],
                max_length=20,
            ),
        ),
    ]
