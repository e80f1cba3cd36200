"""The TLS context that trusts one CA only."""


def context(ca):
    """Return the context that trusts the CA in a file (DER), or None when there is none."""
    if ca is None:
        return None
    import tls  # here: not every board needs it. `ssl` wraps it, for 1 kB more

    found = tls.SSLContext(tls.PROTOCOL_TLS_CLIENT)
    found.verify_mode = tls.CERT_REQUIRED
    with open(ca, "rb") as file:
        found.load_verify_locations(file.read())
    return found
