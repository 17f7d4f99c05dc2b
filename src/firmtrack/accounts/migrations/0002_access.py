"""Give people roles and tokens names, and say since when and by whom."""

import django.utils.timezone
from django.db import migrations, models
from django.db.models import deletion

# Until now everyone could do all that there was. The first person of each party keeps that.
ROLES = """
UPDATE accounts_user AS person
SET role = CASE
        WHEN person.id = (SELECT min(id) FROM accounts_user AS each
                          WHERE each.party_id = person.party_id AND each.is_active)
        THEN CASE party.kind WHEN 'dcc' THEN 'dcc_administrator' ELSE 'party_administrator' END
        ELSE CASE party.kind WHEN 'dcc' THEN 'dcc_desk' ELSE 'viewer' END
    END,
    disabled_at = CASE WHEN person.is_active THEN NULL ELSE now() END
FROM accounts_party AS party
WHERE party.id = person.party_id
"""
SCOPES = [
    "read",
    "intake",
    "metrics",
    "read intake",
    "read metrics",
    "intake metrics",
    "read intake metrics",
]
# What an older Firmtrack does not know must not stop it.
UNDO_SCOPES = """
DELETE FROM accounts_apitoken WHERE scopes = 'metrics';
UPDATE accounts_apitoken SET scopes = trim(replace(scopes, 'metrics', ''))
"""


class Migration(migrations.Migration):
    """Roles, invitations, two-factor sign-in by party, tokens with a name."""

    dependencies = [("accounts", "0001_initial")]
    operations = [
        migrations.AddField(
            model_name="party",
            name="requires_totp",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="user",
            name="role",
            field=models.CharField(
                choices=[
                    ("viewer", "Viewer"),
                    ("party_administrator", "Party administrator"),
                    ("dcc_desk", "DCC desk"),
                    ("dcc_administrator", "DCC administrator"),
                ],
                default="viewer",
                max_length=20,
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="user",
            name="added_at",
            field=models.DateTimeField(auto_now_add=True, default=django.utils.timezone.now),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="user",
            name="invited_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="user",
            name="disabled_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.RunSQL(ROLES, migrations.RunSQL.noop),
        migrations.AddConstraint(
            model_name="user",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "role__in",
                        ["viewer", "party_administrator", "dcc_desk", "dcc_administrator"],
                    )
                ),
                name="user_role_exists",
            ),
        ),
        migrations.AddField(
            model_name="apitoken",
            name="name",
            field=models.CharField(default="", max_length=100),
        ),
        migrations.AddField(
            model_name="apitoken",
            name="created_by",
            field=models.ForeignKey(
                null=True,
                on_delete=deletion.PROTECT,
                related_name="tokens",
                to="accounts.user",
            ),
        ),
        migrations.AddField(
            model_name="apitoken",
            name="last_used_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.RunSQL(migrations.RunSQL.noop, UNDO_SCOPES),
        migrations.RemoveConstraint(model_name="apitoken", name="api_token_scopes_exist"),
        migrations.AddConstraint(
            model_name="apitoken",
            constraint=models.CheckConstraint(
                condition=models.Q(("scopes__in", SCOPES)), name="api_token_scopes_exist"
            ),
        ),
    ]
