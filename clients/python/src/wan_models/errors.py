"""What can go wrong, one exception for each code: `except NoSpace`, `except WanError as error: error.code`.

Made by `node scripts/generate-schemas.ts` from src/domain/errors.ts and docs/errors.md; do not edit.
"""

from __future__ import annotations

from collections.abc import Mapping

from ._error import Attempt, WanError


class InvalidConfig(WanError):
    """A value of the configuration is missing, unknown or not allowed, or an option contradicts another; for `smoke`, a Python, a package or a GPU is missing or broken."""

    code = "INVALID_CONFIG"
    exit_status = 2
    default_retryable = False
    default_hint = "see `wan config show` for what is configured and from where"


class MissingManifest(WanError):
    """No `models.toml` was named, or the one that was named is not there."""

    code = "MISSING_MANIFEST"
    exit_status = 2
    default_retryable = False
    default_hint = "set WAN_MODELS_MANIFEST=/path/to/models.toml, or pass --manifest"


class SchemaVersionMismatch(WanError):
    """A manifest, lockfile or store was written in a format version that this version of wan-models does not read."""

    code = "SCHEMA_VERSION_MISMATCH"
    exit_status = 2
    default_retryable = False
    default_hint = "install a wan-models that reads this schema version"


class ManifestInvalid(WanError):
    """The manifest breaks a rule: every problem is listed with line and column."""

    code = "MANIFEST_INVALID"
    exit_status = 2
    default_retryable = False
    default_hint = "correct the lines named above, then run `wan models validate`"


class LockfileStale(WanError):
    """The lockfile does not pin what is asked for: a list that the manifest leaves open, or with `--frozen` any part; or it was edited by hand, or cannot be read."""

    code = "LOCKFILE_STALE"
    exit_status = 2
    default_retryable = False
    default_hint = "run `wan models lock` and commit the result"


class InvalidModelId(WanError):
    """What was given as a model is not of the form `name@version[@variant][@+overlay]`."""

    code = "INVALID_MODEL_ID"
    exit_status = 2
    default_retryable = False
    default_hint = "write name@version or name@version@variant"


class InvalidInput(WanError):
    """A value that a request carries is not allowed there."""

    code = "INVALID_INPUT"
    exit_status = 2
    default_retryable = False
    default_hint = "correct the value named above"


class ModelNotFound(WanError):
    """The manifest has no such model or version; the message lists what it has."""

    code = "MODEL_NOT_FOUND"
    exit_status = 3
    default_retryable = False
    default_hint = "see `wan models list` for what the manifest defines"


class VariantNotFound(WanError):
    """The model has no such variant; the message lists those it has."""

    code = "VARIANT_NOT_FOUND"
    exit_status = 3
    default_retryable = False
    default_hint = "see `wan models show REF` for the variants of this model"


class JobNotFound(WanError):
    """No job on record has this id; of those that have ended only the last 200 stay on record."""

    code = "JOB_NOT_FOUND"
    exit_status = 3
    default_retryable = False
    default_hint = "see `wan models jobs` for those that are on record"


class ComponentMissing(WanError):
    """The model has no such component, or one that is required is not there."""

    code = "COMPONENT_MISSING"
    exit_status = 3
    default_retryable = False
    default_hint = "see `wan models show REF` for the components of this model"


class SourceUnavailable(WanError):
    """No source could give the bytes: each try is listed with its reason."""

    code = "SOURCE_UNAVAILABLE"
    exit_status = 4
    default_retryable = True
    default_hint = "check that it can be reached from here: `wan models sources REF --probe` asks each source of a model"


class NetworkTimeout(WanError):
    """A source stopped sending for longer than `download_timeout`, or a total `--timeout` ran out, that of `smoke` too."""

    code = "NETWORK_TIMEOUT"
    exit_status = 4
    default_retryable = True
    default_hint = "check the network, then run the same command again: it goes on where it stopped"


class RateLimit(WanError):
    """A source refuses for now because too much was asked of it."""

    code = "RATE_LIMIT"
    exit_status = 4
    default_retryable = True
    default_hint = "wait, or add another source to the model"


class Offline(WanError):
    """Bytes are missing, and `--offline` forbids fetching them."""

    code = "OFFLINE"
    exit_status = 4
    default_retryable = False
    default_hint = "run again without --offline, or bring the bytes here with `wan models import`"


class TlsUntrusted(WanError):
    """The certificate of a server is not signed by an authority that this machine trusts."""

    code = "TLS_UNTRUSTED"
    exit_status = 4
    default_retryable = False
    default_hint = "add your CA for the one origin (origin_ca_files), or with NODE_EXTRA_CA_CERTS=/path/to/ca.pem"


class Drift(WanError):
    """A source has other bytes now under a name that is pinned: they are not taken silently."""

    code = "DRIFT"
    exit_status = 5
    default_retryable = False
    default_hint = "run `wan models diff` to see what changed, then `wan models update` to accept it"


class SignatureInvalid(WanError):
    """A signature does not match what it signs, or its key is not trusted."""

    code = "SIGNATURE_INVALID"
    exit_status = 5
    default_retryable = False
    default_hint = "check where the manifest came from"


class ChecksumFail(WanError):
    """Bytes do not hash to the digest that was promised, from any source that could be asked."""

    code = "CHECKSUM_FAIL"
    exit_status = 5
    default_retryable = False
    default_hint = "the sources disagree with the manifest: check the digest there, or the sources"


class SizeMismatch(WanError):
    """A file is longer or shorter than was promised, at every source that could be asked."""

    code = "SIZE_MISMATCH"
    exit_status = 5
    default_retryable = False
    default_hint = "the sources disagree with the manifest: check the size there, or the sources"


class IncompleteDownload(WanError):
    """A download ended before every file was whole; what arrived is kept."""

    code = "INCOMPLETE_DOWNLOAD"
    exit_status = 5
    default_retryable = True
    default_hint = "run the same command again: it goes on where it stopped"


class FormatInvalid(WanError):
    """A file is not what its name says: a web page instead of weights, a damaged header, another number format, weights that are NaN; or what is loaded from it gives no video."""

    code = "FORMAT_INVALID"
    exit_status = 5
    default_retryable = False
    default_hint = "the file is not what its name says: check the source"


class DecryptFail(WanError):
    """Encrypted bytes could not be decrypted with the keys at hand."""

    code = "DECRYPT_FAIL"
    exit_status = 5
    default_retryable = False
    default_hint = "check the key"


class NoSpace(WanError):
    """The volume has less free space than the run needs, or the machine or its GPU less memory; the message names need, free space and shortfall."""

    code = "NO_SPACE"
    exit_status = 6
    default_retryable = False
    default_hint = "free space with `wan models gc`, then run the same command again"


class QuotaExceeded(WanError):
    """The run would exceed `max_total_size` or `max_family_size`, or a smoke test the memory that it may take."""

    code = "QUOTA_EXCEEDED"
    exit_status = 6
    default_retryable = False
    default_hint = "raise the quota, or free space with `wan models gc`"


class LockTimeout(WanError):
    """Another process held the lock for longer than `lock_timeout`; the message names it."""

    code = "LOCK_TIMEOUT"
    exit_status = 7
    default_retryable = True
    default_hint = "see `wan models locks` for who holds it, or raise lock_timeout"


class ConcurrentModification(WanError):
    """Somebody changed or used the same files in the meantime, and going on would have taken them away."""

    code = "CONCURRENT_MODIFICATION"
    exit_status = 7
    default_retryable = True
    default_hint = "run the same command again"


class AuthFail(WanError):
    """A source wants credentials, or does not accept those that it got."""

    code = "AUTH_FAIL"
    exit_status = 8
    default_retryable = False
    default_hint = "run `wan auth login`, or set the token of the source"


class Gated(WanError):
    """The model is only for those who have accepted its terms, and this account has not."""

    code = "GATED"
    exit_status = 8
    default_retryable = False
    default_hint = "accept the model's terms on its page, then run the same command again"


class PermissionDenied(WanError):
    """The operating system does not let this user read or write a path."""

    code = "PERMISSION_DENIED"
    exit_status = 9
    default_retryable = False
    default_hint = "check owner and mode of the path named above"


class PathTooLong(WanError):
    """A path is longer than the platform or the file system allows."""

    code = "PATH_TOO_LONG"
    exit_status = 9
    default_retryable = False
    default_hint = "use a shorter MODELS_ROOT"


class PathUnsafe(WanError):
    """A path would lead out of its directory, or a link or odd file lies where a plain one belongs."""

    code = "PATH_UNSAFE"
    exit_status = 9
    default_retryable = False
    default_hint = "remove the link or odd file named above"


class FilesystemError(WanError):
    """A call to the file system failed in a way that has no code of its own; the errno is in the details."""

    code = "FILESYSTEM_ERROR"
    exit_status = 9
    default_retryable = False
    default_hint = "run `wan doctor` to probe this file system"


class ReadOnly(WanError):
    """Something must be written, and the volume is mounted read-only."""

    code = "READ_ONLY"
    exit_status = 9
    default_retryable = False
    default_hint = "mount the volume writable, or choose another MODELS_ROOT"


class Cancelled(WanError):
    """The caller, or Ctrl-C, ended the run; what arrived is kept."""

    code = "CANCELLED"
    exit_status = 130
    default_retryable = True
    default_hint = "run the same command again: it goes on where it stopped"


class NotImplementedYet(WanError):
    """This version cannot do that yet."""

    code = "NOT_IMPLEMENTED"
    exit_status = 1
    default_retryable = False
    default_hint = "see CHANGELOG.md for what this version can do"


class Internal(WanError):
    """A bug in wan-models."""

    code = "INTERNAL"
    exit_status = 1
    default_retryable = False
    default_hint = "this is a bug in wan-models: please report it with the text above"


BY_CODE: Mapping[str, type[WanError]] = {
    error.code: error
    for error in (
        InvalidConfig,
        MissingManifest,
        SchemaVersionMismatch,
        ManifestInvalid,
        LockfileStale,
        InvalidModelId,
        InvalidInput,
        ModelNotFound,
        VariantNotFound,
        JobNotFound,
        ComponentMissing,
        SourceUnavailable,
        NetworkTimeout,
        RateLimit,
        Offline,
        TlsUntrusted,
        Drift,
        SignatureInvalid,
        ChecksumFail,
        SizeMismatch,
        IncompleteDownload,
        FormatInvalid,
        DecryptFail,
        NoSpace,
        QuotaExceeded,
        LockTimeout,
        ConcurrentModification,
        AuthFail,
        Gated,
        PermissionDenied,
        PathTooLong,
        PathUnsafe,
        FilesystemError,
        ReadOnly,
        Cancelled,
        NotImplementedYet,
        Internal,
    )
}

__all__ = [
    "BY_CODE",
    "Attempt",
    "AuthFail",
    "Cancelled",
    "ChecksumFail",
    "ComponentMissing",
    "ConcurrentModification",
    "DecryptFail",
    "Drift",
    "FilesystemError",
    "FormatInvalid",
    "Gated",
    "IncompleteDownload",
    "Internal",
    "InvalidConfig",
    "InvalidInput",
    "InvalidModelId",
    "JobNotFound",
    "LockTimeout",
    "LockfileStale",
    "ManifestInvalid",
    "MissingManifest",
    "ModelNotFound",
    "NetworkTimeout",
    "NoSpace",
    "NotImplementedYet",
    "Offline",
    "PathTooLong",
    "PathUnsafe",
    "PermissionDenied",
    "QuotaExceeded",
    "RateLimit",
    "ReadOnly",
    "SchemaVersionMismatch",
    "SignatureInvalid",
    "SizeMismatch",
    "SourceUnavailable",
    "TlsUntrusted",
    "VariantNotFound",
    "WanError",
]
