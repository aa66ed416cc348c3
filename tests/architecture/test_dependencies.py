"""What core may not import is exactly what the project depends on."""

import configparser
import re
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

ROOT = Path(__file__).parents[2]


def canonical(requirement: str) -> str:
    """The name of the distribution, spelled the one official way."""
    name = re.split(r"[^\w.-]", requirement, maxsplit=1)[0]
    return re.sub(r"[-_.]+", "-", name).lower()


def modules_of(distributions: set[str]) -> set[str]:
    """The public top-level modules that ``distributions`` install."""
    return {
        module
        for module, owners in packages_distributions().items()
        if not module.startswith("_") and distributions & {canonical(owner) for owner in owners}
    }


def test_the_purity_contract_forbids_exactly_the_project_dependencies() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    config = configparser.ConfigParser()
    config.read(ROOT / "importlinter.ini", encoding="utf-8")
    forbidden = config["importlinter:contract:third-parties"]["forbidden_modules"].split()
    assert sorted(forbidden) == sorted(modules_of({canonical(line) for line in project["dependencies"]}))


def test_a_lock_names_no_package_index() -> None:
    for lock in (ROOT / "requirements").glob("*.lock"):
        lines = lock.read_text(encoding="utf-8").splitlines()
        assert not [line for line in lines if "index-url" in line.split("#")[0] or "://" in line]
