"""The names that DUIS documents and their signatures are made of: namespaces, algorithms, limits.

Source: DUIS 5.4 schema; XML Signature Syntax and Processing, clauses 4 and 6.
"""

from decimal import Decimal

DUIS_NAMESPACE = "http://www.dccinterface.co.uk/ServiceUserGateway"
SIGNATURE_NAMESPACE = "http://www.w3.org/2000/09/xmldsig#"
SR = f"{{{DUIS_NAMESPACE}}}"
DS = f"{{{SIGNATURE_NAMESPACE}}}"

EXCLUSIVE_C14N = "http://www.w3.org/2001/10/xml-exc-c14n#"
ECDSA_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256"
ENVELOPED_SIGNATURE = "http://www.w3.org/2000/09/xmldsig#enveloped-signature"
SHA256 = "http://www.w3.org/2001/04/xmlenc#sha256"

SCHEMA_VERSIONS = tuple(Decimal(version) for version in ("5.0", "5.1", "5.2", "5.3", "5.4"))
NEWEST_SCHEMA_VERSION = "5.4"

# The schema's own limits for an Update Firmware request.
FIRMWARE_IMAGE_MAX_BYTES = 10_240_000
DEVICE_ID_LIST_MAX_CHARACTERS = 1_199_999

# White space as XML knows it; str.strip() without it would take far more.
XML_SPACE = " \t\r\n"
