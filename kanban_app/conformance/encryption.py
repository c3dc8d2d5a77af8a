"""Whether a port speaks TLS, in plain words."""

import asyncio
import ssl
from typing import Final

_LIMIT_S: Final = 5.0
_OF_PLAIN_PORTS: Final = frozenset({"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE", "UNKNOWN_PROTOCOL"})
NO_TLS: Final = "the port does not speak TLS, so the address must begin with ws://."


def refusal(error: Exception) -> str:
    """Why no secure connection came about, as the end of a sentence. A plain port may answer TLS by hanging up."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate was refused ({error.verify_message})."
    if not isinstance(error, ssl.SSLError) or error.reason in _OF_PLAIN_PORTS or "EOF" in (error.reason or ""):
        return NO_TLS
    return f"the secure handshake failed ({error.reason or 'no reason given'})."


async def speaks_tls(host: str, port: int) -> bool:
    """Try it, without a word beside the handshake and whatever the certificate."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        async with asyncio.timeout(_LIMIT_S):
            _, writer = await asyncio.open_connection(host, port, ssl=context)
    except (OSError, EOFError):  # of which TimeoutError is one
        return False
    writer.transport.abort()
    return True
