from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("participants", "0006_exports_of_several_programs")]

    operations = [
        migrations.AddField(model_name="registration", name="last_step", field=models.JSONField(editable=False, null=True)),
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
                ],
                max_length=20,
            ),
        ),
    ]
