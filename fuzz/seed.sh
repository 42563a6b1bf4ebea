#!/bin/sh
# Fills the corpora: sources of the YAML cases and of the YAML test suite; certificates in every form that OpenSSL writes.
set -eu
cd "$(dirname "$0")/.."
mkdir -p fuzz/corpus/yaml_edits fuzz/corpus/certificate_intake
python3 - <<'PYTHON'
import json
import pathlib

corpus = pathlib.Path("fuzz/corpus/yaml_edits")
for case in map(json.loads, open("tests/yaml/cases.jsonl", encoding="utf-8")):
    (corpus / case["id"].replace("/", "_")).write_bytes(case["source"].encode())
for suite in pathlib.Path("tests/yaml/suite").glob("*.jsonl"):
    for test in map(json.loads, open(suite, encoding="utf-8")):
        (corpus / ("suite-" + test["id"].replace("/", "_"))).write_bytes(test["yaml"].encode())
PYTHON

cd fuzz/corpus/certificate_intake
key=$(mktemp)
trap 'rm -f "$key"' EXIT
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$key" -out root.pem -days 365 -subj '/O=Acme/CN=Acme Root' \
  -addext keyUsage=critical,keyCertSign -addext 'nameConstraints=permitted;DNS:acme.example,excluded;IP:10.0.0.0/255.0.0.0'
openssl req -x509 -key "$key" -out server.pem -days 30 -subj '/CN=localhost' \
  -addext 'subjectAltName=DNS:localhost,IP:127.0.0.1,email:a@acme.example,URI:https://acme.example' \
  -addext 'authorityInfoAccess=caIssuers;URI:http://acme.example/ca.crt'
openssl x509 -in root.pem -outform DER -out root.der
openssl x509 -in root.pem -addtrust serverAuth -trustout -out trusted.pem
openssl crl2pkcs7 -nocrl -certfile root.pem -certfile server.pem -out both.p7b
openssl crl2pkcs7 -nocrl -certfile root.pem -outform DER -out root.p7c
openssl pkcs12 -export -inkey "$key" -in root.pem -passout pass: -out root.p12
openssl req -new -key "$key" -subj /CN=x -out request.pem
cp "$key" key.pem
openssl pkcs8 -topk8 -in "$key" -passout pass:x -out encrypted.pem
cat root.pem server.pem >two.pem
sed 's/^/    /' root.pem >indented.pem
sed 's/$/\r/' root.pem >crlf.pem
tr -d '\n' <root.pem >one-line.pem
grep -v -e ----- root.pem >bare.pem
iconv -f ASCII -t UTF-16 root.pem >utf16.pem
openssl x509 -in root.pem -text >text.pem
