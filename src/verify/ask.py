# Without arguments: the clients that are here, a line each. With CLIENT URL SECONDS: asks the server; ends with 0 where
# the client took its certificate, 60 where it did not, 7 where it did not come that far.
import sys


def versions():
    import platform
    import ssl

    for name in ("requests", "urllib", "httpx"):
        try:
            version = getattr(__import__(name), "__version__", "")
        except Exception:
            continue
        print(name, version, "Python", platform.python_version() + ",", ssl.OPENSSL_VERSION)


def ask(client, url, patience):
    if client == "requests":
        import requests

        requests.get(url, timeout=patience, allow_redirects=False, stream=True)
    elif client == "httpx":
        import httpx

        with httpx.stream("GET", url, timeout=patience):
            pass
    else:
        import urllib.error
        import urllib.request

        class Stay(urllib.request.HTTPRedirectHandler):
            def redirect_request(self, *_):
                return None

        try:
            urllib.request.build_opener(Stay).open(url, timeout=patience)
        except urllib.error.HTTPError:
            pass  # an answer all the same


def causes(error):
    found, left = [], [error]
    while left:
        one = left.pop(0)
        if isinstance(one, BaseException) and not any(one is other for other in found):
            found.append(one)
            left += [one.__cause__, one.__context__, getattr(one, "reason", None)]
            left += list(one.args)
    return found


def main():
    if len(sys.argv) < 2:
        return versions()
    try:
        ask(sys.argv[1], sys.argv[2], float(sys.argv[3]))
    except Exception as error:
        import ssl

        all_causes = causes(error)
        checked = [one for one in all_causes if isinstance(one, ssl.SSLError)]
        # A file of certificates that a variable names and nobody can read: no connection is even tried.
        unreadable = [one for one in all_causes if isinstance(one, OSError) and not isinstance(one, ssl.SSLError)
                      and ("certificate bundle" in str(one) or isinstance(one, (FileNotFoundError, PermissionError)))]
        told = (checked or unreadable or [all_causes[-1]])[0]
        print(type(told).__name__ + ": " + " ".join(str(told).split()))
        sys.exit(60 if checked or unreadable else 7)


main()
