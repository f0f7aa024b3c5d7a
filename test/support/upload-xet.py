"""Puts files into a Xet storage, as the Hub's client uploads them: `upload-xet.py ENDPOINT PATH…` prints {path: its Xet hash}."""

import json
import sys

import hf_xet

endpoint, *paths = sys.argv[1:]
with hf_xet.XetSession().new_upload_commit(endpoint=endpoint) as commit:
    uploads = {path: commit.start_upload_file(path) for path in paths}
print(json.dumps({path: upload.result().xet_info.hash for path, upload in uploads.items()}))
