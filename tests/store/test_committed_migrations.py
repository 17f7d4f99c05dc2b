"""What a committed migration does is never changed: databases that it made are out there."""

from hashlib import sha256
from importlib.resources import files

import pytest

# The first half of the SHA-256 of each file of a released version. Add those of a version with its
# release; never change one.
COMMITTED = {
    "accounts/migrations/0001_initial.py": "947487d7c8c9cd7e360ce545a33b9fa5",
    "store/migrations/0001_initial.py": "8d47ae2a52c3e27779dbf868e89cd688",
    "store/migrations/0002_activation.py": "fa020d638bc4ec7ea78e71058bbca18c",
    "store/migrations/0003_wording.py": "630335f65696c81b138c8f2b492691b1",
    "store/migrations/0004_performance.py": "9d0119881835b9cc49517f7b17098e45",
    "store/migrations/0005_as_of.py": "2fdde9bca150ac3a45c464d0984371b2",
    "store/migrations/0007_freshness.py": "72f7e83d79cfd8733deb2c826322f8e4",
    "store/migrations/0008_proposals.py": "47017a13494718c40808a6971c88a7b9",
    "store/migrations/0009_notices.py": "9aa4646571c216d960d54d48b9af356b",
    "store/migrations/0010_notices_of_device.py": "8d4b30c65e23b6f111f636277b621911",
    "store/migrations/0011_withdrawals.py": "f9325f4241ecb3ea420c1f1706abd8bf",
    "store/migrations/0012_incidents.py": "0ef2b115876068629f5165fa5a57447d",
    "store/migrations/0013_waits.py": "9ded7a65f64e645c5d9c18527a067be4",
    "store/migrations/0014_rereading.py": "8a4267f7f24ad4104834ffba909ca41a",
    "store/sql/0001_initial.sql": "30d083417e7424862b96f8e34baa7c06",
    "store/sql/0002_activation.sql": "a6123a738b916b4b2d396c42c3ce4a7a",
    "store/sql/0003_wording.sql": "64737431664f3092c098ed8d312b7b1e",
    "store/sql/0004_performance.sql": "e4054660ab3dbdfeb054c562ceeb51b0",
    "store/sql/0005_as_of.sql": "db3c112d447ffc10d248a40f772748a2",
    "store/sql/0007_freshness.sql": "5756b993b92633e5799d3e885ff582ef",
    "store/sql/0008_proposals.sql": "2610b6c751729a17f024429cadbaaf88",
    "store/sql/0009_notices.sql": "c057e85568a4e3eac95bfc49450c8a93",
    "store/sql/0010_notices_of_device.sql": "8697e8ba4bfb744c7c18d5f606deee12",
    "store/sql/0011_withdrawals.sql": "00a6df49cf4b1acd3ab535ec8d881a63",
    "store/sql/0012_incidents.sql": "d1b990bd23f7a431c270e61005935489",
    "store/sql/0013_waits.sql": "e66d012a3bea1668bceae9b9afd8503f",
    "store/sql/0014_rereading.sql": "e987588e2e16e085046fa2eadd18fca6",
    "web/migrations/0001_initial.py": "e8ab06b26f7998137567db63f794e07c",
}


def digest_of(path: str) -> str:
    return sha256(files("firmtrack").joinpath(path).read_bytes()).hexdigest()[:32]


@pytest.mark.parametrize("path", COMMITTED)
def test_a_committed_migration_is_what_it_was(path: str) -> None:
    assert digest_of(path) == COMMITTED[path]
