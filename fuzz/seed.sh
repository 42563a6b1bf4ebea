#!/bin/sh
# Fills the corpus with the sources of the YAML cases and of the YAML test suite, one file each.
set -eu
cd "$(dirname "$0")/.."
mkdir -p fuzz/corpus/yaml_edits
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
