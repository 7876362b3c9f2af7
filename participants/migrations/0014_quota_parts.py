import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("participants", "0013_calendar_invitations")]

    operations = [
        migrations.AddField(
            model_name="delegation",
            name="confirm_by",
            field=models.DateTimeField(blank=True, null=True, verbose_name="deadline of the organiser"),
        ),
        migrations.CreateModel(
            name="QuotaPart",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(choices=[("role", "role"), ("stage", "stage"), ("subject", "subject")], max_length=8, verbose_name="counted by"),
                ),
                ("value", models.CharField(max_length=40, verbose_name="value")),
                ("quota", models.PositiveIntegerField(verbose_name="quota")),
                (
                    "delegation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="parts", to="participants.delegation", verbose_name="delegation"
                    ),
                ),
            ],
            options={
                "verbose_name": "part of a quota",
                "ordering": ["delegation_id", "kind", "value"],
                "constraints": [models.UniqueConstraint(fields=("delegation", "kind", "value"), name="one_part_per_kind_and_value")],
            },
        ),
    ]
