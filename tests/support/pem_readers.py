"""Asks real readers of PEM what they make of bundles.

Reads JSON on stdin: a list of bundles. Writes {reader: [null | [hex of DER, ...]]} in the order of the bundles; null where the
reader refuses one. A reader that is not on this machine is left out.
"""

import ctypes
import json
import ssl
import sys
import tempfile


def openssl(path):
    """What Python trusts; it lists what it takes for a CA."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        context.load_verify_locations(path)
    except (ssl.SSLError, OSError):
        return None
    return [der.hex() for der in context.get_ca_certs(binary_form=True)]


class Datum(ctypes.Structure):
    _fields_ = [("data", ctypes.c_void_p), ("size", ctypes.c_uint)]


def gnutls_reader():
    try:
        library = ctypes.CDLL("libgnutls.so.30")
    except OSError:
        return None

    def read(path):
        with open(path, "rb") as file:
            text = file.read()
        buffer = ctypes.create_string_buffer(text, len(text))
        given = Datum(ctypes.cast(buffer, ctypes.c_void_p), len(text))
        found, count = ctypes.POINTER(ctypes.c_void_p)(), ctypes.c_uint()
        # 1: GNUTLS_X509_FMT_PEM. git's libcurl reads its CA file by this function.
        if library.gnutls_x509_crt_list_import2(ctypes.byref(found), ctypes.byref(count), ctypes.byref(given), 1, 0) < 0:
            return None
        ders = []
        for index in range(count.value):
            der = Datum()
            assert library.gnutls_x509_crt_export2(ctypes.c_void_p(found[index]), 0, ctypes.byref(der)) == 0
            ders.append(ctypes.string_at(der.data, der.size).hex())
        return ders

    return read


def main():
    bundles = json.load(sys.stdin)
    readers = {"openssl": openssl, "gnutls": gnutls_reader()}
    answers = {name: [] for name, reader in readers.items() if reader}
    with tempfile.NamedTemporaryFile(suffix=".crt") as file:
        for bundle in bundles:
            file.seek(0)
            file.truncate()
            file.write(bundle.encode())
            file.flush()
            for name, answer in answers.items():
                answer.append(readers[name](file.name))
    json.dump(answers, sys.stdout)


main()
