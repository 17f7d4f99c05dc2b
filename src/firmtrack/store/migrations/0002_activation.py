"""Keep activations, hubs and earlier Responsible Suppliers."""

from django.db import migrations

from firmtrack.store.sql import statement

DROP = """
DROP VIEW told_activation;
ALTER TABLE device DROP COLUMN smi_firmware_version;
DROP TABLE supplier_word, comms_hub_device, activation_word;
"""


class Migration(migrations.Migration):
    """What an activation, a hub's devices and a change of supplier are made from."""

    dependencies = [("store", "0001_initial")]
    operations = [migrations.RunSQL(statement("0002_activation").decode(), DROP)]
