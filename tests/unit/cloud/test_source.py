"""What is built: one commit, or what is changed on top of it if that is wished."""

import subprocess
import tarfile
from pathlib import Path

import pytest

from autotennis_cloud.running import Runner
from autotennis_cloud.source import archived, source_of
from autotennis_cloud.trouble import CloudTrouble


def _git(root: Path, *words: str) -> None:
    own = ("-c", "user.name=Somebody", "-c", "user.email=who@example.org")
    subprocess.run(["/usr/bin/env", "git", *own, *words], cwd=root, check=True, capture_output=True)  # noqa: S603 (git)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A repository of one commit, which bears a tag."""
    _git(tmp_path, "init", "--quiet")
    _git(tmp_path, "config", "user.name", "Somebody")
    _git(tmp_path, "config", "user.email", "who@example.org")
    (tmp_path / "program").write_text("as it is", "utf-8")
    _git(tmp_path, "add", "program")
    _git(tmp_path, "commit", "--quiet", "-m", "first")
    _git(tmp_path, "tag", "v1.0")
    return tmp_path


def _content(tree: Path, *, dirty: bool) -> tuple[str, str]:
    """The version, and what is in the program that would be built."""
    runner = Runner(tree, go=False)
    source = source_of(runner, dirty=dirty)
    with archived(runner, source) as packed, tarfile.open(packed) as files:
        found = files.extractfile("program")
        assert found
        assert files.getnames() == ["program"]
        return source.version, found.read().decode()


def test_a_clean_work_tree_is_its_commit(tree: Path) -> None:
    """By the name that git gives it."""
    assert _content(tree, dirty=False) == ("v1.0", "as it is")


def test_changes_are_refused_unless_wished_and_are_built_then(tree: Path) -> None:
    """Files that git does not follow are not: nobody meant them."""
    (tree / "program").write_text("changed", "utf-8")
    (tree / "notes").write_text("mine", "utf-8")
    with pytest.raises(CloudTrouble, match="DIRTY=1"):
        source_of(Runner(tree, go=False), dirty=False)
    assert _content(tree, dirty=True) == ("v1.0-dirty", "changed")
    assert (tree / "program").read_text("utf-8") == "changed"


def test_what_git_does_not_follow_is_no_part_of_a_release(tree: Path) -> None:
    """Though it may be on its way into the next commit, and so is refused as well."""
    (tree / "notes").write_text("mine", "utf-8")
    assert _content(tree, dirty=True) == ("v1.0-dirty", "as it is")
