"""Every code has its exception, and what really goes wrong raises it."""

from __future__ import annotations

import json
import pickle
import re
import subprocess
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Callable

import pytest

from server import FileServer
from wan_models import Client, CommandNotFound, RootNotHere, ServiceUnreachable, WanError, errors
from wan_models.transport import error_from
from world import NODE, PROJECT, TINY, WAN, World

CONTENT = b"weights" * 50_000
FILES = {"model_index.json": b"{}", "vae/model.safetensors": CONTENT}


def table() -> dict[str, dict[str, Any]]:
    """The codes of the command, from its source."""
    print_it = f"console.log(JSON.stringify((await import({(PROJECT / 'src/domain/errors.ts').as_uri()!r})).ERROR_CODES))"
    run = subprocess.run([NODE, "--input-type=module", "-e", print_it], capture_output=True, check=True)
    found: dict[str, dict[str, Any]] = json.loads(run.stdout)
    return found


def test_the_exceptions_are_those_of_the_codes_and_no_others() -> None:
    theirs = {code: (one["exitCode"], one["retryable"], one["hint"]) for code, one in table().items()}
    ours = {code: (one.exit_status, one.default_retryable, one.default_hint) for code, one in errors.BY_CODE.items()}
    assert ours == theirs
    for code, error in errors.BY_CODE.items():
        name = re.sub(r"Yet$", "", error.__name__)
        assert re.sub(r"(?<!^)(?=[A-Z])", "_", name).upper() == code
        assert getattr(errors, error.__name__) is error
        assert error.__doc__
    assert {name for name in errors.__all__ if isinstance(getattr(errors, name), type)} == {
        *(error.__name__ for error in errors.BY_CODE.values()),
        "Attempt",
        "WanError",
    }


@pytest.mark.parametrize("code", errors.BY_CODE)
def test_a_document_of_each_code_becomes_its_exception_and_crosses_processes(code: str) -> None:
    attempt = {"source": "https://example.com/x", "code": "OFFLINE", "message": "no", "times": 3}
    document = {
        "code": code,
        "message": "what",
        "hint": "do",
        "retryable": True,
        "reason": "why",
        "attempts": [attempt],
        "details": {"n": 1},
    }
    error = error_from(document)
    for one in (error, pickle.loads(pickle.dumps(error))):  # noqa: S301
        assert type(one) is errors.BY_CODE[code]
        assert (one.code, one.message, one.hint, one.reason, one.retryable) == (code, "what", "do", "why", True)
        assert one.attempts == (errors.Attempt("https://example.com/x", "OFFLINE", "no", None, 3),)
        assert (one.details, one.exit_status) == ({"n": 1}, errors.BY_CODE[code].exit_status)
        assert str(one) == "what\nhint: do"


@pytest.mark.parametrize("kind", [CommandNotFound, RootNotHere, ServiceUnreachable])
def test_the_exceptions_beside_those_of_the_codes_cross_processes(kind: type[WanError]) -> None:
    error = kind("what", "do", "why")
    again = pickle.loads(pickle.dumps(error))  # noqa: S301
    assert (type(again), again.args, again.code) == (kind, error.args, error.code)


def test_a_code_of_a_later_version_is_an_error_all_the_same() -> None:
    error = error_from({"code": "NEW_ONE", "message": "m", "hint": "h", "retryable": False})
    assert (type(error), error.code) == (WanError, "NEW_ONE")


Provoke = Callable[[World, FileServer], object]


def serve(world: World, server: FileServer, **keys: Any) -> Client:
    world.serve(server, FILES, **keys)
    return world.client()


def wrong_bytes(world: World, server: FileServer) -> object:
    client = serve(world, server)
    server.files["/vae/model.safetensors"] = CONTENT[::-1]
    return client.ensure(TINY)


def wrong_size(world: World, server: FileServer) -> object:
    client = serve(world, server)
    server.files["/vae/model.safetensors"] = CONTENT[:-1]
    return client.ensure(TINY)


def answered(status: int) -> Provoke:
    def provoke(world: World, server: FileServer) -> object:
        client = serve(world, server)
        server.statuses["/vae/model.safetensors"] = status
        return client.ensure(TINY)

    return provoke


def slow(world: World, server: FileServer) -> object:
    server.bytes_per_second = 20_000
    return serve(world, server).ensure(TINY, timeout=1.5)


def broken_manifest(world: World, server: FileServer) -> object:
    client = serve(world, server)
    world.manifest.write_text(world.manifest.read_text().replace("path = ", "pth = "))
    return client.list_models()


def later_schema(world: World, server: FileServer) -> object:
    client = serve(world, server)
    world.manifest.write_text(world.manifest.read_text().replace("schema_version = 1", "schema_version = 99"))
    return client.list_models()


def planted_link(world: World, server: FileServer) -> object:
    client = serve(world, server)
    elsewhere = world.directory / "elsewhere"
    elsewhere.mkdir()
    world.root.mkdir()
    (world.root / "wan22").symlink_to(elsewhere)
    return client.ensure(TINY)


def removed_while_used(world: World, server: FileServer) -> object:
    client = serve(world, server)
    with client.lease(TINY):
        raise error_from(world.wan("models", "rm", TINY)["error"])


def file_for_a_root(world: World, server: FileServer) -> object:
    client = serve(world, server)
    world.root.write_text("not a folder")
    return client.ensure(TINY)


PROVOKED: dict[str, Provoke] = {
    "INVALID_CONFIG": lambda world, server: serve(world, server) and world.client(WAN_CONNECTIONS="many").list_models(),
    "MISSING_MANIFEST": lambda world, _: world.client().list_models(),
    "SCHEMA_VERSION_MISMATCH": later_schema,
    "MANIFEST_INVALID": broken_manifest,
    "LOCKFILE_STALE": lambda world, server: serve(world, server).ensure(TINY, frozen=True),
    "INVALID_MODEL_ID": lambda world, server: serve(world, server).get_wan_paths("../x"),
    "INVALID_INPUT": lambda world, server: serve(world, server).ensure(TINY, limit_rate="fast"),
    "MODEL_NOT_FOUND": lambda world, server: serve(world, server).get_wan_paths("no-such@1.0.0"),
    "VARIANT_NOT_FOUND": lambda world, server: serve(world, server).get_wan_paths(TINY, variant="int8"),
    "COMPONENT_MISSING": lambda world, server: serve(world, server).get_wan_paths(TINY, components=["image_encoder"]),
    "SOURCE_UNAVAILABLE": answered(404),
    "NETWORK_TIMEOUT": slow,
    "RATE_LIMIT": answered(429),
    "AUTH_FAIL": answered(401),
    "OFFLINE": lambda world, server: serve(world, server).ensure(TINY, offline=True),
    "CHECKSUM_FAIL": wrong_bytes,
    "SIZE_MISMATCH": wrong_size,
    "QUOTA_EXCEEDED": lambda world, server: serve(world, server) and world.client(WAN_MAX_TOTAL_SIZE="1000").ensure(TINY),
    "NO_SPACE": lambda world, server: serve(world, server) and world.client(WAN_SAFETY_MARGIN="900T").ensure(TINY),
    "CONCURRENT_MODIFICATION": removed_while_used,
    "PATH_UNSAFE": planted_link,
    "FILESYSTEM_ERROR": file_for_a_root,
}


@pytest.mark.parametrize("code", PROVOKED)
def test_what_goes_wrong_raises_the_exception_of_its_code(code: str, world: World, server: FileServer) -> None:
    with pytest.raises(errors.BY_CODE[code]) as caught:
        PROVOKED[code](world, server)
    error = caught.value
    assert (error.code, type(error)) == (code, errors.BY_CODE[code])
    assert error.message
    assert error.hint
    assert str(error) == f"{error.message}\nhint: {error.hint}"


def test_of_sources_that_fail_each_try_is_told(world: World, server: FileServer) -> None:
    client = serve(world, server)
    server.statuses["/vae/model.safetensors"] = 404
    with pytest.raises(errors.SourceUnavailable) as caught:
        client.get_wan_paths(TINY)
    (attempt,) = caught.value.attempts
    assert (attempt.source, attempt.file) == (server.url, "vae/model.safetensors")
    assert caught.value.details["file"] == "vae/model.safetensors"


def fetch_in_process(command: list[str], root: Path, manifest: Path) -> str:
    return str(Client(command=command, root=root, manifest=manifest).get_wan_paths("no-such@1.0.0"))


def test_an_error_of_a_worker_process_arrives_as_what_it_is(world: World) -> None:
    world.write(FILES, "local://nowhere")
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool, pytest.raises(errors.ModelNotFound) as caught:
        pool.submit(fetch_in_process, WAN, world.root, world.manifest).result()
    assert caught.value.details["available_models"] == [TINY]


def test_a_command_that_is_no_wan_is_told_with_what_it_said() -> None:
    with pytest.raises(errors.Internal, match=r"(?s)ended with status 1 and no document: .*Cannot find module"):
        Client(command=[str(NODE), "/no/such/script.js"]).list_models()


@pytest.mark.parametrize("call", ["ensure(NO)", "verify(NO)", "load_plan(NO)", "lease(NO).__enter__()", "verify(TINY)"])
def test_an_error_that_is_caught_is_not_shown_as_well(world: World, call: str) -> None:
    """Standard error is the real one, which the command inherits."""
    world.write(FILES, "https://127.0.0.1:9")
    program = f"from wan_models import *\nNO, TINY = 'no-such@1.0.0', {TINY!r}\ntry: {call}\nexcept WanError: print('caught')"
    out, err = world.start_python(program).communicate(timeout=200)
    assert err == ""
    assert out == ("" if call == "verify(TINY)" else "caught\n")
