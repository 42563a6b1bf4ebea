#!/usr/bin/env python3
"""pack.py LIST FOLDER OUT.tar: the images that LIST names, made of the layers FOLDER/*.tar and of those below, as one OCI archive.

For `ctr images import`, hence io.containerd.image.name. Layers lie in it once, as they are: unpacking a compressed one takes longer.
"""

import hashlib
import io
import json
import os
import sys
import tarfile

DEBIAN_BUNDLE = b"/etc/ssl/certs/ca-certificates.crt\0"
REDHAT_BUNDLE = b"/etc/pki/tls/certs/ca-bundle.crt\0"
LIBRARIES = ("libcurl.so.", "libcurl-gnutls.so.", "libgnutls.so.")
# What has no Python has none of what is written in it.
CLIENTS = ["usr/bin/python3", "usr/bin/python3.13", "usr/bin/curl", "usr/bin/git", "usr/bin/node", "usr/bin/openssl"]
CA_CERTIFICATES = ["usr/sbin/update-ca-certificates", "usr/share/ca-certificates", "etc/ca-certificates", "etc/ca-certificates.conf"]


class Layer:
    """A layer on its way: files, links, and what is taken away of those below (a whiteout)."""

    def __init__(self, path):
        self.tar = tarfile.open(path, "w", format=tarfile.GNU_FORMAT)

    def add(self, name, data=b"", mode=0o644, kind=tarfile.REGTYPE, link=""):
        info = tarfile.TarInfo(name)
        info.size, info.mode, info.type, info.linkname = len(data), mode, kind, link
        self.tar.addfile(info, io.BytesIO(data))

    def folder(self, name):
        self.add(name, mode=0o755, kind=tarfile.DIRTYPE)

    def link(self, name, target):
        self.add(name, mode=0o777, kind=tarfile.SYMTYPE, link=target)

    def without(self, name):
        folder, file = os.path.split(name)
        self.add(f"{folder}/.wh.{file}")


def redhat(layer, folder):
    """Paths as in images of the Red Hat family, for the programs of Debian: their libraries are told other ones."""
    pki, trust = "etc/pki/tls", "etc/pki/ca-trust/extracted/pem"
    with tarfile.open(f"{folder}/debian13.tar") as base:
        bundle = base.extractfile("./etc/ssl/certs/ca-certificates.crt").read()
        for member in base:
            if member.isfile() and os.path.basename(member.name).startswith(LIBRARIES):
                data = base.extractfile(member).read()
                if DEBIAN_BUNDLE not in data:
                    sys.exit(f"{member.name} does not name {DEBIAN_BUNDLE}")
                data = data.replace(DEBIAN_BUNDLE, REDHAT_BUNDLE.ljust(len(DEBIAN_BUNDLE), b"\0"))
                layer.add(member.name.removeprefix("./"), data)
    for part in ("etc/pki", pki, f"{pki}/certs", "etc/pki/ca-trust", "etc/pki/ca-trust/extracted", trust):
        layer.folder(part)
    layer.add(f"{trust}/tls-ca-bundle.pem", bundle)
    layer.link(f"{pki}/certs/ca-bundle.crt", f"/{trust}/tls-ca-bundle.pem")
    layer.link(f"{pki}/cert.pem", f"/{trust}/tls-ca-bundle.pem")
    # In another layer than what it replaces, a link takes the place of a folder.
    layer.link("etc/ssl/certs", "../pki/tls/certs")
    layer.link("usr/lib/ssl/certs", "/etc/pki/tls/certs")
    layer.link("usr/lib/ssl/cert.pem", "/etc/pki/tls/cert.pem")
    for path in CA_CERTIFICATES:
        layer.without(path)


def alpine(layer, _folder):
    """Paths as in images of Alpine: OpenSSL's file, and with it Python's, is a link to the bundle that curl and git read."""
    layer.link("etc/ssl/cert.pem", "certs/ca-certificates.crt")
    layer.link("usr/lib/ssl/cert.pem", "/etc/ssl/cert.pem")


def own_file(layer, folder):
    """As where OpenSSL's file is one of its own, as in Alpine before 3.9, when it was LibreSSL's; no folder beside it."""
    with tarfile.open(f"{folder}/debian13.tar") as base:
        bundle = base.extractfile("./etc/ssl/certs/ca-certificates.crt").read()
    layer.add("etc/ssl/cert.pem", bundle)
    layer.link("usr/lib/ssl/cert.pem", "/etc/ssl/cert.pem")
    layer.without("usr/lib/ssl/certs")


def no_trust(layer, _folder):
    """As without the package ca-certificates."""
    for path in [*CA_CERTIFICATES, "etc/ssl"]:
        layer.without(path)


def no_clients(layer, _folder):
    """As a system on which nothing is installed."""
    for path in CLIENTS:
        layer.without(path)


MADE = {"redhat": redhat, "alpine": alpine, "own-file": own_file, "no-trust": no_trust, "no-clients": no_clients}


def made(name, folder):
    """The path of a layer, which is made here if it is one of ours."""
    path = f"{folder}/{name}.tar"
    if name in MADE and not os.path.exists(path):
        layer = Layer(path)
        MADE[name](layer, folder)
        layer.tar.close()
    return path


def digest_of(path):
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return f"sha256:{digest.hexdigest()}"


class Archive:
    """An OCI archive; every blob lies in it once."""

    def __init__(self, path):
        self.tar = tarfile.open(path, "w", format=tarfile.GNU_FORMAT)
        self.blobs = {}

    def file(self, name, data):
        info = tarfile.TarInfo(name)
        info.size = len(data)
        self.tar.addfile(info, io.BytesIO(data))

    def layer(self, path):
        if path not in self.blobs:
            digest = digest_of(path)
            self.tar.add(path, "blobs/" + digest.replace(":", "/"))
            self.blobs[path] = {"digest": digest, "size": os.path.getsize(path)}
        return self.blobs[path]

    def json(self, value):
        data = json.dumps(value, sort_keys=True).encode()
        if data not in self.blobs:
            digest = "sha256:" + hashlib.sha256(data).hexdigest()
            self.file("blobs/" + digest.replace(":", "/"), data)
            self.blobs[data] = {"digest": digest, "size": len(data)}
        return self.blobs[data]

    def image(self, layers, config):
        layers = [self.layer(path) for path in layers]
        media = "application/vnd.oci.image."
        config = {"architecture": "amd64", "os": "linux", "config": config,
                  "rootfs": {"type": "layers", "diff_ids": [layer["digest"] for layer in layers]}}
        manifest = {"schemaVersion": 2, "mediaType": f"{media}manifest.v1+json",
                    "config": {"mediaType": f"{media}config.v1+json", **self.json(config)},
                    "layers": [{"mediaType": f"{media}layer.v1.tar", **layer} for layer in layers]}
        return {"mediaType": manifest["mediaType"], **self.json(manifest)}


def main(listed, folder, out):
    archive = Archive(out)
    config = {"Cmd": ["/bin/bash"], "Env": ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"]}
    # Whose container holds the namespaces of a pod; it has to stay, no more.
    images = [("clearml-certs-e2e/pause:1", ["debian13"], {"Entrypoint": ["/bin/sleep", "infinity"]})]
    with open(listed) as lines:
        for line in lines:
            name, *layers = line.split("#")[0].split() or [""]
            if name:
                images.append((name, layers, config))
    manifests = []
    for name, layers, config in images:
        image = archive.image([made(layer, folder) for layer in layers], config)
        notes = {"io.containerd.image.name": f"docker.io/{name}", "org.opencontainers.image.ref.name": name.rsplit(":", 1)[1]}
        manifests.append({**image, "annotations": notes})
    archive.file("index.json", json.dumps({"schemaVersion": 2, "manifests": manifests}).encode())
    archive.file("oci-layout", b'{"imageLayoutVersion":"1.0.0"}')
    archive.tar.close()


main(*sys.argv[1:])
