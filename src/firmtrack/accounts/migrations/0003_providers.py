"""Have parties' people sign in by an OpenID Connect provider of their own."""

from django.db import migrations, models
from django.db.models import deletion


class Migration(migrations.Migration):
    """Providers."""

    dependencies = [("accounts", "0002_access")]
    operations = [
        migrations.CreateModel(
            name="Provider",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("slug", models.CharField(max_length=50, unique=True)),
                ("issuer", models.CharField(max_length=500)),
                ("client_id", models.CharField(max_length=191)),
                ("client_secret", models.TextField()),
                ("role_claim", models.CharField(max_length=100)),
                ("roles", models.JSONField()),
                ("email_claim", models.CharField(default="email", max_length=100)),
                ("trusts_email", models.BooleanField(default=False)),
                ("added_at", models.DateTimeField(auto_now_add=True)),
                (
                    "party",
                    models.ForeignKey(
                        on_delete=deletion.PROTECT, related_name="providers", to="accounts.party"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("slug__regex", "^[a-z0-9]+(-[a-z0-9]+)*$")),
                        name="provider_slug_is_a_slug",
                    )
                ],
            },
        ),
    ]
