"""Read a YAML file into a pydantic model; every mistake is named with file and line.

Used for campaigns, environments, versions and profiles, so that all of them refuse unknown keys the same way.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, TypeVar, get_args

from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationError, ValidationInfo
from pydantic_core import PydanticCustomError
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from citycam.model.errors import ConfigError


class Document(BaseModel):
    """Base of everything read from a file: frozen, and unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True)


D = TypeVar("D", bound=BaseModel)
_UNQUOTED = "unquoted"


def _beside(path: Path, info: ValidationInfo) -> Path:
    if not isinstance(info.context, Path):
        return path
    found = Path(os.path.normpath(info.context / path))
    if not found.is_file():
        raise ValueError(f"there is no file {found}")
    return found


BesideFile = Annotated[Path, AfterValidator(_beside)]
"""A file that a document names by a path relative to its own folder; read by `load`, it is absolute and there."""


def unquoted(message: str) -> PydanticCustomError:
    """What a validator raises of a value that may hold a secret: whoever reads the message does not see the value."""
    return PydanticCustomError(_UNQUOTED, "{message}", {"message": message})


def load(path: Path, model: type[D]) -> D:
    """Read `path` as YAML and validate it as `model`.

    Raises:
        ConfigError: the file is missing, is not YAML, or breaks the model; all mistakes in one message,
            each as `file:line: key: what is wrong`.
    """
    try:
        tree: Any = YAML(typ="rt").load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(
            "cannot read the file", where=str(path), why=error.strerror or str(error), next="check the path"
        ) from error
    except MarkedYAMLError as error:
        mark = error.problem_mark
        line = mark.line + 1 if mark else 1
        raise ConfigError(
            "not valid YAML", where=f"{path}:{line}", why=str(error.problem), next="fix the syntax on that line"
        ) from error
    except (YAMLError, UnicodeDecodeError) as error:
        raise ConfigError("not valid YAML", where=str(path), why=str(error), next="write it as UTF-8 YAML") from error
    if not isinstance(tree, dict):
        raise ConfigError("the file must hold a mapping", where=f"{path}:1", why=f"found {type(tree).__name__}")
    try:
        return model.model_validate(tree, context=path.resolve().parent)
    except ValidationError as error:
        raise config_error(path, tree, model, error) from error


def place(path: Path, location: Sequence[int | str]) -> str:
    """`file:line` of something in a document that was read before."""
    return f"{path}:{line_of(YAML(typ='rt').load(path.read_text(encoding='utf-8')), location)}"


def config_error(path: Path, tree: Any, model: type[BaseModel], error: ValidationError) -> ConfigError:
    """Turn pydantic's findings into one `ConfigError`: the first is the headline, the others follow in `why`."""
    findings = [
        f"{path}:{line_of(tree, found['loc'])}: {'.'.join(map(str, found['loc']))}: {_explain(found, model)}"
        for found in error.errors()
    ]
    first, *others = findings
    where, _, what = first.partition(": ")
    return ConfigError(what, where=where, why="\n        ".join(others), next="correct the file and run again")


def line_of(tree: Any, location: Sequence[int | str]) -> int:
    """Line (from 1) of the deepest part of `location` that exists in a ruamel round-trip tree."""
    line = 1
    node = tree
    for key in location:
        marks = getattr(node, "lc", None)
        try:
            line = (marks.key(key) if isinstance(node, dict) else marks.item(key))[0] + 1  # type: ignore[union-attr]
            node = node[key]
        except (KeyError, IndexError, TypeError, AttributeError):
            break
    return line


def _explain(found: Any, model: type[BaseModel]) -> str:
    if found["type"] == "extra_forbidden":
        allowed = _keys_at(model, found["loc"][:-1])
        close = get_close_matches(str(found["loc"][-1]), allowed, n=1)
        hint = f"; did you mean {close[0]!r}?" if close else ""
        return f"unknown key{hint} (known: {', '.join(allowed)})"
    if found["type"] == "missing":
        return "this key is required"
    message = str(found["msg"]).removeprefix("Value error, ")
    if found["type"] == _UNQUOTED or repr(found["input"]) in message:
        return message
    return f"{message} (found {found['input']!r})"


def _keys_at(model: type[BaseModel], location: Sequence[int | str]) -> list[str]:
    """Names of the fields that may stand at `location`; falls back to the root's."""
    current = model
    for key in location:
        field = current.model_fields.get(key) if isinstance(key, str) else None
        current = _model_in(field.annotation if field else None) or current
    return list(current.model_fields)


def _model_in(annotation: Any) -> type[BaseModel] | None:
    """The model that a field holds, or holds several of."""
    if isinstance(annotation, type) and not get_args(annotation):
        return annotation if issubclass(annotation, BaseModel) else None
    return next((found for part in get_args(annotation) if (found := _model_in(part))), None)
