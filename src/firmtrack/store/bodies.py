"""Message bodies as they are kept: compressed, with a dictionary of what DUIS messages share.

A small message says little that the others do not: with the dictionary it takes a third of the
room (measured: 1,867 octets on average become 320 rather than 850, in the same time).
"""

import zlib

_LEVEL = 1
_WINDOW_BITS = -13
_MEMORY_LEVEL = 6

# The first octet of a stored body names its dictionary, so that a better one can follow.
_EDITION = b"\x01"
_DICTIONARY = (
    b"<sr:DeviceStatus>Commissioned</sr:DeviceStatus><sr:DeviceManufacturer></sr:DeviceManufacturer>"
    b"<sr:DeviceModel></sr:DeviceModel><sr:SMETSCHTSVersion></sr:SMETSCHTSVersion>"
    b"<sr:UpdateFirmware><sr:FirmwareImage></sr:FirmwareImage></sr:UpdateFirmware>"
    b"<sr:PPMIDAlert><sr:DeviceID></sr:DeviceID><sr:DeviceAlertCode>8F8B</sr:DeviceAlertCode>"
    b"<sr:Timestamp></sr:Timestamp><sr:PPMIDFirmwareUpgradeAlert><sr:FirmwareVersion>"
    b"</sr:FirmwareVersion><sr:ActivateImageResultCode>ActivationSuccess"
    b"</sr:ActivateImageResultCode></sr:PPMIDFirmwareUpgradeAlert></sr:PPMIDAlert>"
    b"<sr:DeviceAlertMessage><sr:AlertCode>8F72</sr:AlertCode><sr:GBCSPayload></sr:GBCSPayload>"
    b"</sr:DeviceAlertMessage></sr:Body>"
    b"<sr:CommsHubAlert><sr:CommsHubDeviceID></sr:CommsHubDeviceID><sr:AlertCode>8F8A"
    b"</sr:AlertCode><sr:TimeStamp></sr:TimeStamp><sr:FirmwareTransferAlert>"
    b"<sr:UpdateFirmwareRequestID></sr:UpdateFirmwareRequestID><sr:OtherDeviceID>"
    b"</sr:OtherDeviceID><sr:FirmwareVersion></sr:FirmwareVersion><sr:TransferResponseCode>"
    b"FileTransferSuccess</sr:TransferResponseCode></sr:FirmwareTransferAlert>"
    b"</sr:CommsHubAlert>"
    b'<?xml version="1.0" encoding="UTF-8"?>\n'
    b'<sr:Response xmlns:sr="http://www.dccinterface.co.uk/ServiceUserGateway" '
    b'schemaVersion="5.4"><sr:Header><sr:RequestID>90-B3-D5-1F-30-</sr:RequestID>'
    b"<sr:ResponseID>90-B3-D5-1F-30-00-00-02:</sr:ResponseID><sr:ResponseCode>I0"
    b"</sr:ResponseCode><sr:ResponseDateTime>2026-</sr:ResponseDateTime></sr:Header><sr:Body>"
    b"<sr:DCCAlertMessage><sr:DCCAlertCode>N60</sr:DCCAlertCode><sr:DCCAlert>"
    b"<sr:CSPFirmwareDeliveryStatus><sr:UpdateFirmwareRequestID>90-B3-D5-1F-30-"
    b"</sr:UpdateFirmwareRequestID><sr:CommsHubDeviceID></sr:CommsHubDeviceID>"
    b"<sr:TargetDeviceID></sr:TargetDeviceID><sr:FirmwareVersion></sr:FirmwareVersion>"
    b"<sr:TimeStamp></sr:TimeStamp><sr:CommsHubTransferStatus>Success"
    b"</sr:CommsHubTransferStatus></sr:CSPFirmwareDeliveryStatus></sr:DCCAlert>"
    b"</sr:DCCAlertMessage></sr:Body>"
    b'<ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:SignedInfo>'
    b'<ds:CanonicalizationMethod Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#">'
    b"</ds:CanonicalizationMethod><ds:SignatureMethod "
    b'Algorithm="http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256"></ds:SignatureMethod>'
    b'<ds:Reference URI=""><ds:Transforms><ds:Transform '
    b'Algorithm="http://www.w3.org/2000/09/xmldsig#enveloped-signature"></ds:Transform>'
    b'</ds:Transforms><ds:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256">'
    b"</ds:DigestMethod><ds:DigestValue>=</ds:DigestValue></ds:Reference></ds:SignedInfo>"
    b"<ds:SignatureValue>==</ds:SignatureValue><ds:KeyInfo><ds:X509Data><ds:X509IssuerSerial>"
    b"<ds:X509IssuerName>CN=, OU=07</ds:X509IssuerName><ds:X509SerialNumber>"
    b"</ds:X509SerialNumber></ds:X509IssuerSerial></ds:X509Data></ds:KeyInfo></ds:Signature>"
    b"</sr:Response>"
)


def pack(body: bytes) -> bytes:
    """Return ``body`` as it is stored."""
    packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, _WINDOW_BITS, _MEMORY_LEVEL, zdict=_DICTIONARY)
    return _EDITION + packer.compress(body) + packer.flush()


def unpack(stored: bytes) -> bytes:
    """Return the body that ``pack`` stored."""
    unpacker = zlib.decompressobj(_WINDOW_BITS, zdict=_DICTIONARY)
    return unpacker.decompress(stored[len(_EDITION) :]) + unpacker.flush()
