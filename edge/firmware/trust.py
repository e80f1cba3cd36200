"""The TLS context that trusts one CA only. Loaded when there is one: else its memory is saved."""

import ssl


def context(ca):
    """Return the context that trusts the CA in a file (DER)."""
    found = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    found.verify_mode = ssl.CERT_REQUIRED
    with open(ca, "rb") as file:
        found.load_verify_locations(cadata=file.read())
    return found
