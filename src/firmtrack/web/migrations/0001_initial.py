"""Create the table of sign-in attempts."""

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    """The portal's first table."""

    initial = True
    dependencies: ClassVar = []
    operations: ClassVar = [
        migrations.CreateModel(
            name="SignInAttempt",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("account", models.CharField(max_length=64)),
                ("address", models.GenericIPAddressField()),
                ("tried_at", models.DateTimeField()),
            ],
            options={
                "indexes": [
                    models.Index(fields=["account", "tried_at"], name="sign_in_attempt_account"),
                    models.Index(fields=["address", "tried_at"], name="sign_in_attempt_address"),
                    models.Index(fields=["tried_at"], name="sign_in_attempt_age"),
                ],
            },
        ),
    ]
