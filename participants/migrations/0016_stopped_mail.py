from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("participants", "0015_roster_import_parts")]

    operations = [
        migrations.CreateModel(
            name="MailStop",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("address_index", models.CharField(max_length=64)),
                ("kind", models.CharField(max_length=20)),
                ("created_at", models.DateTimeField()),
            ],
            options={"verbose_name": "stopped mail"},
        ),
        migrations.AddConstraint(
            model_name="mailstop",
            constraint=models.UniqueConstraint(fields=("address_index", "kind"), name="one_stop_per_address_and_kind"),
        ),
    ]
