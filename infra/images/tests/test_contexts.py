from __future__ import annotations

import re
import shutil
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from citycam.model.errors import ConfigError
from citycam.model.workspace import PROJECT
from infra.images.contexts import RECIPES, build_arguments, build_order, own_files, requirements, source_files, tags
from infra.images.imports import OURS, imported
from infra.images.versions import VERSIONS, Versions, versions


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what images are made of, to be changed at will."""
    copy = tmp_path_factory.mktemp("checkout")
    for name in RECIPES:
        for file in own_files(name):
            _copy(Path("infra/images") / name / file, copy)
        for file in source_files(name):
            _copy(file, copy)
    _copy(Path("requirements.lock"), copy)
    return copy


def _copy(file: Path, copy: Path) -> None:
    (copy / file).parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(PROJECT / file, copy / file)


def changed(before: dict[str, str], after: dict[str, str]) -> set[str]:
    return {name for name in before if before[name] != after[name]}


def test_every_image_has_a_dockerfile_but_the_base() -> None:
    for name in RECIPES.keys() - {"base"}:
        assert Path("Dockerfile") in own_files(name), name


def test_the_same_inputs_give_the_same_tags_anywhere(checkout: Path) -> None:
    assert tags(checkout) == tags()


def test_a_changed_source_changes_only_the_images_that_carry_it(checkout: Path) -> None:
    before = tags(checkout)
    source = checkout / "simulators/__init__.py"
    text = source.read_text(encoding="utf-8")
    source.write_text(text + "\n", encoding="utf-8")
    try:
        assert changed(before, tags(checkout)) == {"fleet"}
    finally:
        source.write_text(text, encoding="utf-8")


def test_a_changed_parent_changes_its_children(checkout: Path) -> None:
    before = tags(checkout)
    dockerfile = checkout / "infra/images/python/Dockerfile"
    text = dockerfile.read_text(encoding="utf-8")
    dockerfile.write_text(text + "# new\n", encoding="utf-8")
    try:
        assert changed(before, tags(checkout)) == {"python", "fleet", "recorder-metrics", "loadgen"}
    finally:
        dockerfile.write_text(text, encoding="utf-8")


def test_a_lost_executable_bit_is_a_change(checkout: Path) -> None:
    before = tags(checkout)
    entrypoint = checkout / "infra/images/gateway/entrypoint"
    entrypoint.chmod(0o644)
    try:
        assert changed(before, tags(checkout)) == {"gateway"}
    finally:
        entrypoint.chmod(0o755)


def test_a_version_changes_the_images_that_use_it() -> None:
    newer = versions().model_copy(update={"postgresql": "16"})
    assert changed(tags(), tags(pinned=newer)) == {"database"}
    assert build_arguments("database", newer) == {"POSTGRESQL": "16", "POSTGIS": newer.postgis}


def test_a_ready_image_is_taken_as_it_is_and_what_stands_on_it_follows() -> None:
    ready = "registry.example/python@sha256:" + "0" * 64
    pinned = versions().model_copy(update={"ready": {"python": ready}})
    assert tags(pinned=pinned)["python"] == ready
    assert "fleet" in changed(tags(), tags(pinned=pinned))


def test_parents_come_first() -> None:
    assert build_order(("fleet",)) == ["base", "python", "fleet"]
    with pytest.raises(ConfigError, match="there is no image 'flete'"):
        build_order(("flete",))


@pytest.mark.parametrize("name", [name for name, recipe in RECIPES.items() if recipe.sources])
def test_an_image_carries_every_package_that_its_sources_import(name: str) -> None:
    locked = {line.split("==")[0] for line in requirements(name).splitlines() if "==" in line}
    distributions = packages_distributions()
    for file in source_files(name):
        names = imported((PROJECT / file).read_text(encoding="utf-8")) if file.suffix == ".py" else ()
        for top in {module.split(".")[0] for module in names} - sys.stdlib_module_names - set(OURS):
            found = {each.lower().replace("_", "-").replace(".", "-") for each in distributions[top]}
            assert found & locked, f"{file} imports {top}: add {found} to the recipe of {name}"


@pytest.mark.parametrize("name", [name for name, recipe in RECIPES.items() if recipe.sources])
def test_an_image_carries_every_module_that_its_sources_start(name: str) -> None:
    carried = source_files(name)
    for file in (file for file in carried if file.suffix == ".py"):
        for module in re.findall(r'"-m", "([a-z_.]+)"', (PROJECT / file).read_text(encoding="utf-8")):
            places = {Path(*module.split("."), "__main__.py"), Path(*module.split(".")).with_suffix(".py")}
            ours = module.split(".")[0] in OURS
            assert not ours or places & set(carried), f"{file} starts {module}: add it to the recipe of {name}"


@pytest.mark.parametrize(
    ("old", "new", "wrong"),
    [
        ("postgis:", "postgsi:", r"versions.yaml:7: postgsi: unknown key; did you mean 'postgis'\?"),
        ("version: v1.20.1", "version: 1.20.1", r"versions.yaml:23: mediamtx.version"),
        ("ready: {}", "ready: {edge: nginx:latest}", "ready.edge"),
    ],
)
def test_a_mistake_in_versions_is_named_with_its_line(tmp_path: Path, old: str, new: str, wrong: str) -> None:
    path = tmp_path / "versions.yaml"
    path.write_text(VERSIONS.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ConfigError, match=wrong):
        versions(path)


def test_versions_agree_with_the_modules_and_packages_that_they_name() -> None:
    pinned: Versions = versions()
    files = PROJECT / "playbooks/roles/pulumi_cli/files"
    modules = "github.com/pulumi/pulumi"
    cli, host = ((files / part / "go.mod").read_text(encoding="utf-8") for part in ("cli", "python_host"))
    assert f"{modules}/pkg/v3 {pinned.pulumi.version}\n" in cli
    assert f"{modules}/sdk/v3 {pinned.pulumi.python_host}\n" in host
    lock = (PROJECT / "requirements.lock").read_text(encoding="utf-8")
    assert f"\npulumi=={pinned.pulumi.version.removeprefix('v')} " in lock


def test_role_defaults_and_their_specifications_agree() -> None:
    """Tables and templates stand in the defaults alone: a specification only describes them."""
    yaml = YAML(typ="safe")
    for specification in sorted((PROJECT / "playbooks/roles").glob("*/meta/argument_specs.yml")):
        entries = yaml.load(specification)["argument_specs"].values()
        options = dict(pair for entry in entries for pair in entry.get("options", {}).items())
        stated = {name: option["default"] for name, option in options.items() if "default" in option}
        file = specification.parents[1] / "defaults" / "main.yml"
        defaults = yaml.load(file) if file.exists() else {}
        assert defaults.keys() <= options.keys(), specification
        plain = {name: value for name, value in defaults.items() if name in stated or not _described(value)}
        assert plain == stated, specification


def _described(value: object) -> bool:
    return "{{" in value if isinstance(value, str) else isinstance(value, (list, dict)) and bool(value)
