"""Whom secure connections to a service trust, and in plain words why one was refused."""

import ssl
from pathlib import Path
from typing import Final

CA_SETTING: Final = "KANBAN_TAC7_CA_FILE"

NO_ENCRYPTION: Final = "no encryption is spoken at this port."
_UNKNOWN_ISSUER: Final = "its certificate comes from an authority that this computer does not know."
_OF_VERIFICATION: Final = {
    9: "its certificate is not valid yet.",
    10: "its certificate has expired.",
    18: _UNKNOWN_ISSUER,
    19: _UNKNOWN_ISSUER,
    20: _UNKNOWN_ISSUER,
    21: _UNKNOWN_ISSUER,
    62: "its certificate is for another name.",
    64: "its certificate is for another address.",
}
_OF_PLAIN_PORTS: Final = frozenset({"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE", "UNKNOWN_PROTOCOL"})


class UnusableCaFile(Exception):
    """The file with the trusted authorities cannot be used. The message is the end of a sentence."""


def trust(ca_file: Path | None = None) -> ssl.SSLContext:
    """The system's authorities, or those of a PEM file instead. Reads files. Raises UnusableCaFile."""
    if ca_file is None:
        return ssl.create_default_context()
    try:
        context = ssl.create_default_context(cafile=ca_file)
    except (OSError, ValueError) as error:  # of which SSLError is one
        msg = f"the file in {CA_SETTING} is no readable PEM file of certificates."
        raise UnusableCaFile(msg) from error
    # Newer versions of Python refuse what many home-made authorities lack.
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    return context


def trust_nobody() -> ssl.SSLContext:
    """For connections that are not secure anyway; costs nothing."""
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def reason_of(error: ssl.SSLError) -> str:
    """The end of a sentence."""
    if isinstance(error, ssl.SSLCertVerificationError):
        code = getattr(error, "verify_code", 0)
        words = getattr(error, "verify_message", "") or "unknown reason"
        return _OF_VERIFICATION.get(code, f"its certificate was refused ({words}).")
    if error.reason in _OF_PLAIN_PORTS:
        return NO_ENCRYPTION
    return f"the secure handshake failed ({error.reason or 'no reason given'})."
