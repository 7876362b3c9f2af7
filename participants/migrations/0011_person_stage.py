from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("participants", "0010_certificates_always_have_a_program")]

    operations = [
        migrations.AddField(
            model_name="person",
            name="stage",
            field=models.CharField(
                blank=True,
                choices=[
                    ("kindergarten", "Kindergarten"),
                    ("primary", "Primary"),
                    ("junior", "Junior high"),
                    ("senior", "Senior high"),
                    ("vocational", "Vocational"),
                    ("university", "University"),
                ],
                default="",
                max_length=12,
                verbose_name="stage",
            ),
            preserve_default=False,
        ),
    ]
