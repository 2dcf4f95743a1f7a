#!/usr/bin/env python3
"""Checks that crates import downwards only, and that the pure ones stay pure.

Compares `cargo metadata` (normal and build dependencies; tests may use what they like) with the table below, which is
the one in ARCHITECTURE.md. `--self-test` proves that each kind of violation is found.
"""

import json
import pathlib
import re
import subprocess
import sys

# crate: the crates of ours that it may depend on. `sluice` is the whole program; nothing depends on it.
LAYERS = {
    "media": [],
    "container": ["media"],
    "audio": ["media"],
    "rtmp": ["media", "container"],
    "hls": ["media", "container"],
    "peer": [],
    "x509": [],
    "srt": ["media"],
    "rtc": ["media"],
    "hub": ["media"],
    "store": [],
    "gateway": ["media", "container", "audio", "rtmp", "srt", "rtc", "hls", "peer", "x509", "hub"],
    "control": ["media", "x509", "hub", "store"],
    "jobs": ["media", "container", "audio", "hls", "hub", "store", "control", "gateway"],
    "api": ["media", "hub", "store", "control", "gateway", "jobs"],
    "sluice": [
        "media", "container", "audio", "rtmp", "srt", "rtc", "hls", "peer", "x509", "hub", "store", "gateway", "control",
        "jobs", "api",
    ],
    "testkit": ["media", "container"],
    "loadgen": ["media", "container", "rtmp", "srt", "rtc", "hls", "x509"],
}

# Layers 0 to 2: no sockets, files, threads, clock, randomness or runtime.
PURE = ["media", "container", "audio", "rtmp", "hls", "srt", "rtc", "peer"]

# What no pure crate may reach, directly or through another crate.
IMPURE = {
    "async-std", "crossbeam-channel", "fastrand", "getrandom", "hyper", "mio", "nix", "rand", "rand_core", "rayon",
    "reqwest", "rustix", "smol", "socket2", "tokio", "tokio-util",
}  # fmt: skip

# Libraries that a pure crate wraps although they reach for randomness themselves, and why.
EXEMPT = {"str0m": "makes its own ICE and DTLS secrets; rtc's tests assert behaviour, not bytes"}

# What no pure crate may say outside its tests.
IMPURE_CODE = re.compile(r"\b(TcpStream|TcpListener|UdpSocket|std::fs|std::thread|Instant::now|SystemTime::now)\b")


def violations(metadata, layers=None, pure=None):
    """Every breach of the table in `metadata`, as sentences."""
    layers = LAYERS if layers is None else layers
    pure = PURE if pure is None else pure
    packages = {package["id"]: package for package in metadata["packages"]}
    ours = {packages[member]["name"]: member for member in metadata["workspace_members"]}
    needs = {
        node["id"]: [dep["pkg"] for dep in node["deps"] if any(kind["kind"] != "dev" for kind in dep["dep_kinds"])]
        for node in metadata["resolve"]["nodes"]
    }
    for name, member in sorted(ours.items()):
        if name not in layers:
            yield f"{name} is not in the table of layers: add it to scripts/layers.py and ARCHITECTURE.md"
            continue
        for needed in sorted(packages[need]["name"] for need in needs[member] if need in metadata["workspace_members"]):
            if needed not in layers[name]:
                allowed = ", ".join(layers[name]) or "nothing of ours"
                yield f"{name} depends on {needed}; its layer allows {allowed}"
        if name in pure:
            for path in impure_paths(member, needs, packages):
                yield f"{name} is pure, but reaches {path[-1]}: {' -> '.join(path)}"


def impure_paths(member, needs, packages):
    """The shortest way from `member` to each impure crate, as lists of names."""
    seen, queue = {member}, [[member]]
    while queue:
        path = queue.pop(0)
        for need in sorted(needs[path[-1]]):
            name = packages[need]["name"]
            if need in seen or name in EXEMPT:
                continue
            seen.add(need)
            if name in IMPURE:
                yield [packages[step]["name"] for step in path] + [name]
            else:
                queue.append(path + [need])


def impure_code(name, text):
    """Lines of a pure crate's source that touch the world, as sentences; unit tests below `#[cfg(test)]` may."""
    for number, line in enumerate(text.split("#[cfg(test)]\nmod tests", 1)[0].splitlines(), 1):
        found = IMPURE_CODE.search(line.split("//", 1)[0])
        if found:
            yield f"{name}:{number} is pure, but says {found.group()}"


def impure_sources(root):
    for crate in PURE:
        for path in sorted((root / "crates" / crate / "src").rglob("*.rs")):
            if not path.name.endswith("_test.rs"):
                yield from impure_code(path.relative_to(root), path.read_text())


def cargo_metadata(root):
    command = ["cargo", "metadata", "--format-version", "1", "--locked", "--filter-platform", "x86_64-unknown-linux-gnu"]
    return json.loads(subprocess.run(command, cwd=root, check=True, stdout=subprocess.PIPE).stdout)


def self_test():
    def workspace(*edges):
        """Metadata of crates `low`, `high` and libraries, with (from, to, kind) edges."""
        names = {"low", "high"} | {name for edge in edges for name in edge[:2]}
        deps = {name: [(to, kind) for start, to, kind in edges if start == name] for name in names}
        return {
            "packages": [{"id": name, "name": name} for name in names],
            "workspace_members": ["low", "high"],
            "resolve": {
                "nodes": [
                    {"id": name, "deps": [{"pkg": to, "dep_kinds": [{"kind": kind}]} for to, kind in deps[name]]}
                    for name in names
                ]
            },
        }

    table = {"low": [], "high": ["low"]}

    def found(*edges, layers=None):
        return list(violations(workspace(*edges), layers or table, ["low"]))

    assert found(("high", "low", None)) == []
    assert found(("low", "high", "dev")) == [], "tests may use what they like"
    assert found(("low", "high", None)) == ["low depends on high; its layer allows nothing of ours"]
    assert found(("low", "high", "build")) == ["low depends on high; its layer allows nothing of ours"]
    assert "not in the table" in found(layers={"low": []})[0]
    assert found(("low", "tokio", None)) == ["low is pure, but reaches tokio: low -> tokio"]
    assert found(("low", "codec", None), ("codec", "rand", None)) == ["low is pure, but reaches rand: low -> codec -> rand"]
    assert found(("high", "tokio", None)) == []
    assert found(("low", "tokio", "dev")) == []
    assert list(impure_code("a.rs", "let now = Instant::now();")) == ["a.rs:1 is pure, but says Instant::now"]
    assert list(impure_code("a.rs", "// Instant::now\n#[cfg(test)]\nmod tests { std::fs::read(x) }")) == []
    print("layers: the self-test holds")


def main():
    if sys.argv[1:] == ["--self-test"]:
        return self_test()
    root = pathlib.Path(__file__).resolve().parent.parent
    wrong = [*violations(cargo_metadata(root)), *impure_sources(root)]
    for sentence in wrong:
        print(f"layers: {sentence}", file=sys.stderr)
    if wrong:
        sys.exit(1)
    print(f"layers: {len(LAYERS)} crates in the table, no dependency points up or sideways")


if __name__ == "__main__":
    main()
