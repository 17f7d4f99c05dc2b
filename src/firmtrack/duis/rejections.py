"""Every reason for which octets are refused, each a type with a short stable code."""

from inspect import cleandoc
from typing import ClassVar, Self

from firmtrack.errors import FirmtrackError

_DETAIL_MAX_CHARACTERS = 200


class DuisRejected(FirmtrackError):
    """The octets are not a DUIS document that Firmtrack takes.

    ``code`` is stable and short. ``detail`` says what was found where: at most 200 printable
    characters, so it can be logged and shown whatever was sent.
    """

    code: ClassVar[str] = "rejected"

    def __init__(self, detail: str) -> None:
        cut = detail[:_DETAIL_MAX_CHARACTERS]
        self.detail = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in cut)
        sentence = cleandoc(type(self).__doc__ or "").partition("\n")[0]
        super().__init__(f"{sentence} {self.detail}")

    def __reduce__(self) -> tuple[type[Self], tuple[str]]:
        # Rejections cross the border of a process pool.
        return type(self), (self.detail,)


class TooLarge(DuisRejected):
    """The document is larger than a document of its kind may be."""

    code = "too_large"


class BadEncoding(DuisRejected):
    """The document is not UTF-8."""

    code = "bad_encoding"


class NotXml(DuisRejected):
    """The document is not well-formed XML."""

    code = "not_xml"


class HasDtd(DuisRejected):
    """The document brings a document type definition; DUIS has none."""

    code = "dtd"


class TooDeep(DuisRejected):
    """The document's elements are nested too deeply."""

    code = "too_deep"


class TooManyElements(DuisRejected):
    """The document has more elements or attributes than any DUIS document."""

    code = "too_many_elements"


class TooManyAttributes(DuisRejected):
    """An element has more attributes, or more namespaces in scope, than any of DUIS."""

    code = "too_many_attributes"


class UnknownRoot(DuisRejected):
    """The document's root is none of DUIS."""

    code = "unknown_root"


class UnknownSchemaVersion(DuisRejected):
    """The document's schemaVersion is missing or not one from 5.0 to 5.4."""

    code = "schema_version"


class MissingElement(DuisRejected):
    """An element that must be there is not."""

    code = "missing_element"


class UnexpectedElement(DuisRejected):
    """Something stands where it does not belong."""

    code = "unexpected_element"


class BadValue(DuisRejected):
    """A value is not of its specified form."""

    code = "bad_value"


class UnknownEnumeration(DuisRejected):
    """A code is none of those that exist."""

    code = "unknown_enumeration"


class SignatureMissing(DuisRejected):
    """The document must be signed and is not."""

    code = "signature_missing"


class SignatureShape(DuisRejected):
    """The signature is not of the one form that DUIS signatures have."""

    code = "signature_shape"


class SignatureBad(DuisRejected):
    """The signature is not one over this document by the key that it names."""

    code = "signature_bad"


class SignerUnknown(DuisRejected):
    """The certificate that the signature names is not in the trust store."""

    code = "signer_unknown"


class SignerNotValid(DuisRejected):
    """The signer's certificate is not valid at this time."""

    code = "signer_not_valid"


class SignerMismatch(DuisRejected):
    """The signer is not the party that the document says it comes from."""

    code = "signer_mismatch"


class GbcsMalformed(DuisRejected):
    """The GBCS message inside cannot be read."""

    code = "gbcs_malformed"


class DeviceMismatch(DuisRejected):
    """The device of the header's IDs is not the one that the GBCS message comes from."""

    code = "device_mismatch"


class CounterMismatch(DuisRejected):
    """The counter of the Request ID is not the one that the GBCS message repeats."""

    code = "counter_mismatch"


class GbcsMismatch(DuisRejected):
    """The GBCS message inside is not of the kind that its place promises."""

    code = "gbcs_mismatch"


class AlertCodeMismatch(DuisRejected):
    """The DUIS alert code is not that of the GBCS message."""

    code = "alert_code_mismatch"
