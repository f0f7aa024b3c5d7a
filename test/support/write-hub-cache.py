"""Lays files down in HF_HUB_CACHE with the functions by which the Hub's client does it after a download.

Arguments: repository, commit, folder with the files; `shared` to publish big ones in the store that repositories share.
"""

import hashlib
import os
import sys
from pathlib import Path

from huggingface_hub import constants, file_download
from huggingface_hub.utils import _shared_blobs

LFS_FROM_BYTES = 10_000
repo, commit, folder = sys.argv[1:4]
cache = constants.HF_HUB_CACHE
storage = os.path.join(cache, file_download.repo_folder_name(repo_id=repo, repo_type="model"))


def lay_down(path: str, content: bytes) -> None:
    is_lfs = len(content) >= LFS_FROM_BYTES
    etag = hashlib.sha256(content).hexdigest() if is_lfs else hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()
    blob = os.path.join(storage, "blobs", etag)
    pointer = file_download._get_pointer_path(storage, commit, path)
    os.makedirs(os.path.dirname(blob), exist_ok=True)
    os.makedirs(os.path.dirname(pointer), exist_ok=True)
    incomplete = Path(blob + ".00000000.incomplete")
    incomplete.write_bytes(content)
    file_download._chmod_and_move(incomplete, Path(blob))
    shared = is_lfs and "shared" in sys.argv[4:] and _shared_blobs.publish_blob_to_shared_store(
        blob_path=blob, xet_hash=hashlib.sha256(b"xet" + content).hexdigest(), cache_dir=cache, expected_size=len(content)
    )
    file_download._create_symlink(blob, pointer, new_blob=not shared)


os.makedirs(cache, exist_ok=True)
file_download._create_cachedir_tag(Path(cache))
for file in sorted(Path(folder).rglob("*")):
    if file.is_file():
        lay_down(file.relative_to(folder).as_posix(), file.read_bytes())
file_download._cache_commit_hash_for_specific_revision(storage, "main", commit)
