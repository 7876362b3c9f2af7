from django.db import migrations
from django.db.models import OuterRef, Subquery


def fill(apps, schema_editor):
    """What was reached through the registration stands in the certificate itself."""
    registrations = apps.get_model("participants", "Registration").objects.filter(pk=OuterRef("registration_id"))
    apps.get_model("participants", "Certificate").objects.filter(program=None).update(
        program_id=Subquery(registrations.values("program_id")[:1]), organisation_id=Subquery(registrations.values("organisation_id")[:1])
    )


class Migration(migrations.Migration):
    dependencies = [("participants", "0008_paper_kinds")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
