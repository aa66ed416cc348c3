"""Runs inside a copy of the packages: plants one violation after the other and says which contracts broke.

Reads ``{name: {file: content}}`` as JSON from standard input, writes ``{name: [contract ids]}`` to standard
output. One process serves them all: its start and the unchanged files cost far more than a planted line.
"""

import json
import sys
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

from importlinter import configuration
from importlinter.application import use_cases


def broken_contracts() -> list[str]:
    """The ids of the contracts that the tree in the working directory breaks."""
    options = use_cases.read_user_options("importlinter.ini")
    use_cases._register_contract_types(options)
    ids = {contract["name"]: contract["id"] for contract in options.contracts_options}
    with redirect_stdout(StringIO()):
        report = use_cases.create_report(options)
    return sorted(ids[contract.name] for contract, check in report.get_contracts_and_checks() if not check.kept)


def broken_by(files: dict[str, str]) -> list[str]:
    """The same with ``files`` added for a moment."""
    for name, content in files.items():
        Path(name).parent.mkdir(exist_ok=True)
        Path(name).write_text(content, encoding="utf-8")
    try:
        return broken_contracts()
    finally:
        for name in files:
            Path(name).unlink()
            if not any(Path(name).parent.iterdir()):
                Path(name).parent.rmdir()


if __name__ == "__main__":
    sys.path.insert(0, str(Path.cwd()))
    configuration.configure()
    plants = json.load(sys.stdin)
    json.dump({name: broken_by(files) for name, files in plants.items()}, sys.stdout)
