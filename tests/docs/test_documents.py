"""What is written about the project is true of it: commands, runbooks, links, generated pages."""

from __future__ import annotations

import ast
import importlib.util
import re
import subprocess
from pathlib import Path
from types import ModuleType
from urllib.parse import unquote

import pytest

from notes_migration.domain.errors import ReasonCode
from notes_migration.domain.rollback import RollbackEnd
from notes_migration.domain.settings import MigrationSettings
from sandbox.connections import IDS, variable_of

ROOT = Path(__file__).resolve().parents[2]
RUNBOOKS = ROOT / "docs/runbooks"
HEADINGS = ["## Meaning", "## Impact", "## Diagnosis", "## Mitigation"]
HOW_TO = ("rollback",)
README = (ROOT / "README.md").read_text()


def tracked(suffix: str = "") -> list[Path]:
    command = ["git", "ls-files", "-z", "--cached", f"*{suffix}"]
    names = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return [path for name in names.split("\0") if name and (path := ROOT / name).is_file()]


def pages() -> list[Path]:
    return [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def code_of(text: str) -> list[str]:
    """Code blocks and code spans of a page."""
    fence = re.compile(r"^```\w*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
    return [*fence.findall(text), *re.findall(r"`([^`\n]+)`", fence.sub("", text))]


def short(path: Path) -> str:
    return str(path.relative_to(ROOT))


def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate_docs", ROOT / "docs/generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def the_dag_file(name: str = "crm_notes_migration") -> tuple[str, list[str]]:
    """Docstring and terminal tasks of a DAG, read without Airflow."""
    tree = ast.parse((ROOT / f"dags/{name}.py").read_text())
    (ends,) = [
        ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "ENDS"
    ]
    return ast.get_docstring(tree) or "", list(ends)


@pytest.mark.parametrize("page", pages(), ids=short)
def test_given_a_page_when_it_names_a_make_command_then_the_makefile_has_it(page: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {
        name for code in code_of(page.read_text()) for name in re.findall(r"\bmake ([a-z][a-z-]*)", code)
    }

    assert named <= targets


def test_given_the_readme_when_it_names_the_two_commands_then_these_are_demo_and_test() -> None:
    assert re.findall(r"^make (\S+)", README, re.MULTILINE)[:2] == ["demo", "test"]


def test_given_the_readme_when_it_runs_a_script_then_the_script_is_there() -> None:
    scripts = re.findall(r"^sh (\S+)", README, re.MULTILINE)

    assert scripts
    assert all((ROOT / script).is_file() for script in scripts)


def test_given_the_readme_when_it_lists_connections_then_all_and_no_others() -> None:
    assert set(re.findall(r"AIRFLOW_CONN_[A-Z_]+", README)) == {variable_of(conn_id) for conn_id in IDS}


@pytest.mark.parametrize("name", ["crm_notes_migration", "crm_notes_rollback"])
def test_given_the_dags_manual_when_it_is_read_then_every_end_is_explained(name: str) -> None:
    manual, ends = the_dag_file(name)

    assert ends
    assert [end for end in ends if not re.search(rf"^\| `{end}`.*\|.*\|.*\|$", manual, re.MULTILINE)] == []
    assert "docs/runbooks/" in manual


def test_given_the_reason_codes_when_runbooks_are_listed_then_each_has_one_page_and_no_page_is_left() -> None:
    assert {page.stem for page in RUNBOOKS.glob("*.md")} == {*map(str, ReasonCode), "README", *HOW_TO}


def test_given_the_reason_codes_when_the_index_is_read_then_each_is_linked_once() -> None:
    linked = re.findall(r"\]\((\w+)\.md\)", (RUNBOOKS / "README.md").read_text())

    assert linked == [*HOW_TO, *map(str, ReasonCode)]


@pytest.mark.parametrize("code", ReasonCode)
def test_given_a_runbook_when_it_is_read_then_it_has_its_title_and_the_four_headings_filled(
    code: ReasonCode,
) -> None:
    title, *sections = re.split(r"^(## .*)$", (RUNBOOKS / f"{code}.md").read_text(), flags=re.MULTILINE)

    assert title.strip() == f"# {code}"
    assert sections[::2] == HEADINGS
    assert all(len(text.split()) > 3 for text in sections[1::2])


@pytest.mark.parametrize("code", ReasonCode)
def test_given_a_runbook_when_it_names_a_reason_code_or_knob_then_it_exists(code: ReasonCode) -> None:
    text = (RUNBOOKS / f"{code}.md").read_text()
    known = {*map(str, ReasonCode)}
    knobs = {*MigrationSettings.model_fields}

    assert set(re.findall(r"`([A-Z]+(?:_[A-Z]+)+)`", text)) <= known
    assert set(re.findall(r"(?:raise|set|lower) `([a-z_]+)`", text)) <= knobs


@pytest.mark.parametrize("code", ReasonCode)
def test_given_a_runbook_when_it_names_a_collection_then_the_code_has_it(code: ReasonCode) -> None:
    named = set(re.findall(r"db\.([a-z_]+)\.", (RUNBOOKS / f"{code}.md").read_text()))
    adapters = "".join(path.read_text() for path in (ROOT / "include/notes_migration").rglob("*.py"))

    assert all(f'"{collection}"' in adapters for collection in named)


def test_given_the_configuration_page_when_it_is_made_again_then_nothing_changes() -> None:
    assert (ROOT / "docs/configuration.md").read_text() == generator().page(), "run: python docs/generate.py"


def test_given_the_configuration_page_when_connections_are_listed_then_all_and_no_others() -> None:
    assert set(generator().CONNECTIONS) == set(IDS)


def test_given_code_that_reads_all_but_one_when_the_page_is_made_then_it_says_which(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = generator()
    (tmp_path / "plugins").mkdir()
    names = "".join(f'"{conn_id}" ' for conn_id in IDS if conn_id != "pagerduty")
    knobs = "".join(f"x.{name} " for name in MigrationSettings.model_fields if name != "batch_size")
    (tmp_path / "plugins/code.py").write_text(names + knobs)
    monkeypatch.setattr(module, "ROOT", tmp_path)

    assert module.connections_ahead() == ["pagerduty"]
    assert module.settings_ahead() == ["batch_size"]


@pytest.mark.parametrize("name", ["crm_notes_migration", "crm_notes_rollback"])
def test_given_the_architecture_page_when_compared_with_the_dag_then_it_names_every_task(name: str) -> None:
    text = (ROOT / "docs/architecture.md").read_text()
    code = (ROOT / f"dags/{name}.py").read_text()
    ends = the_dag_file(name)[1]
    tasks = {*re.findall(r"tasks\.(\w+)", code), *re.findall(r'task_id="(\w+)"', code), *ends}
    tasks |= {"hold_cid_lock", "await_lock"}  # by take_cid_lock

    assert len(tasks) > 9
    assert [task for task in sorted(tasks - {"record_end"}) if f"`{task}`" not in text] == []


def test_given_the_architecture_page_when_compared_with_the_services_then_it_names_every_one() -> None:
    text = (ROOT / "docs/architecture.md").read_text()
    services = {path.stem for path in (ROOT / "include/notes_migration/services").glob("[a-z]*.py")}

    assert len(services) > 10
    assert [service for service in sorted(services) if f"`{service}`" not in text] == []


@pytest.mark.parametrize("page", pages(), ids=short)
def test_given_a_page_when_it_links_then_the_target_is_there(page: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text())
    local = [unquote(link) for link in links if not link.startswith(("http://", "https://"))]

    assert [link for link in local if not (page.parent / link).exists()] == []


def test_given_code_that_points_to_a_document_when_it_is_followed_then_it_is_there() -> None:
    folders = ("dags", "plugins", "include", "config", "sandbox", "compose")
    code = "".join(path.read_text() for path in tracked(".py") if short(path).startswith(folders))
    named = set(re.findall(r"docs/[\w/-]+\.(?:md|py)", code))

    assert named
    assert [name for name in named if not (ROOT / name).is_file()] == []


def test_given_tracked_files_when_they_are_read_then_no_machine_and_no_registry_is_named() -> None:
    # Put together here, so that this file does not contain what it looks for.
    hosts = ("pypi" + r"\.org", "pythonhosted" + r"\.org", "npmjs" + r"\.(?:org|com)", "debian" + r"\.org")
    paths = ("/wo" + "rk/", "/ho" + r"me/\w", "/Us" + r"ers/\w")
    registries = ("docker" + r"\.io/", "gh" + r"cr\.io", "qu" + r"ay\.io")
    forbidden = re.compile("|".join((*hosts, *paths, *registries)))
    found = []
    for path in tracked():
        try:
            text = path.read_text()
        except UnicodeDecodeError:
            continue
        found += [f"{short(path)}: {match[0]}" for match in forbidden.finditer(text)]

    assert found == []


def test_given_the_rollbacks_page_when_it_names_fields_of_the_record_then_the_code_writes_them() -> None:
    page = (RUNBOOKS / "rollback.md").read_text()
    fields = {name for name in re.findall(r"`report\.(\w+)", page)} | set(
        re.findall(r"`counted\.(\w+)", page)
    )
    services = "".join(path.read_text() for path in (ROOT / "include/notes_migration").rglob("*rollback*.py"))

    assert len(fields) > 6
    assert [name for name in sorted(fields) if f'"{name}"' not in services] == []
    assert [end for end in RollbackEnd if str(end) not in page] == []


def test_given_the_readme_when_it_lists_dags_then_all_and_no_others() -> None:
    dags = {path.stem for path in (ROOT / "dags").glob("*.py")}

    assert set(re.findall(r"^\| `(\w+)` \|", README, re.MULTILINE)) == dags
