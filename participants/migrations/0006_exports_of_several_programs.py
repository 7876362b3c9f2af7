import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("participants", "0005_returned_places_and_deadline")]

    operations = [
        migrations.AlterField(
            model_name="export",
            name="program",
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="events.program"),
        ),
    ]
