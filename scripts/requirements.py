"""Prints the dependencies that pyproject.toml names, with those of the extras given as "[test]" or "[test,train]"."""

import sys
import tomllib
from pathlib import Path

project = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text(encoding="utf-8"))["project"]
extras = [name for name in " ".join(sys.argv[1:]).strip("[] ").split(",") if name]
print(
    "\n".join([*project["dependencies"], *(line for name in extras for line in project["optional-dependencies"][name])])
)
