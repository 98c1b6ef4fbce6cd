"""Result folders appear whole or not at all, and replace nothing that is not ours."""

from __future__ import annotations

import json
import os
import time
from hashlib import sha256
from pathlib import Path

import pytest

from altay_energy.core.errors import OutputError
from altay_energy.report.files.folder import MANIFEST, STALE_SECONDS, check_free, whole_folder


def results(folder, *, version="0.1.0", files=("kpis.json",)):
    """A folder as an older run left it."""
    folder.mkdir(parents=True)
    for name in files:
        (folder / name).write_text("old")
    document = {"altay_energy": version, "files": dict.fromkeys(files, sha256(b"old").hexdigest())}
    (folder / MANIFEST).write_text(json.dumps(document))
    return folder


def tree(folder):
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*")}


def test_a_folder_appears_when_all_of_it_is_written(tmp_path):
    target = tmp_path / "a" / "风 光"
    with whole_folder(target) as folder:
        (folder / "x").write_text("x")
        assert not target.exists()
    assert tree(tmp_path) == {"a", "a/风 光", "a/风 光/x"}


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt, OSError(28, "full")])
def test_an_error_inside_leaves_nothing_behind(tmp_path, error):
    with pytest.raises((RuntimeError, KeyboardInterrupt, OutputError)):  # noqa: PT012, SIM117
        with whole_folder(tmp_path / "a" / "b") as folder:
            (folder / "x").write_text("x")
            raise error
    assert tree(tmp_path) == set()


def test_an_error_inside_leaves_older_results_as_they_were(tmp_path):
    old = results(tmp_path / "out")
    with pytest.raises(RuntimeError), whole_folder(old, force=True):
        raise RuntimeError
    assert tree(tmp_path) == {"out", "out/kpis.json", f"out/{MANIFEST}"}


def test_older_results_give_way_by_force_only(tmp_path):
    old = results(tmp_path / "out")
    with pytest.raises(OutputError, match=r"exists already; .*--force"):
        check_free(old, force=False)
    with whole_folder(old, force=True) as folder:
        (folder / "new").write_text("new")
    assert tree(tmp_path) == {"out", "out/new"}


def test_an_empty_folder_is_free(tmp_path):
    (tmp_path / "out").mkdir()
    with whole_folder(tmp_path / "out") as folder:
        (folder / "new").write_text("new")
    assert tree(tmp_path) == {"out", "out/new"}


@pytest.mark.parametrize(
    "manifest",
    [None, "", "{}", "[]", '{"name": "another program"}', '{"altay_energy": "0.1.0"}'],
)
def test_a_folder_that_holds_no_results_of_ours_is_left_alone(tmp_path, manifest):
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "precious.txt").write_text("mine")
    if manifest is not None:
        (folder / MANIFEST).write_text(manifest)
    with pytest.raises(OutputError, match=r"holds no results .* --force leaves it alone"):
        check_free(folder, force=True)


@pytest.mark.parametrize("name", ["notes.txt", "sub/notes.txt"])
def test_a_file_that_somebody_put_among_our_results_protects_them(tmp_path, name):
    folder = results(tmp_path / "out")
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_text("mine")
    with pytest.raises(OutputError, match=f"{name} is not of these results"):
        check_free(folder, force=True)
    (folder / "another").symlink_to("nowhere")
    with pytest.raises(OutputError, match="and 1 more is not of these results"):
        check_free(folder, force=True)


def test_what_somebody_wrote_there_meanwhile_is_kept(tmp_path):
    target = tmp_path / "out"
    with pytest.raises(OutputError, match="exists already"), whole_folder(target):
        results(target)
    assert tree(tmp_path) == {"out", "out/kpis.json", f"out/{MANIFEST}"}


def test_a_link_to_a_folder_is_followed(tmp_path):
    real = results(tmp_path / "real")
    (tmp_path / "link").symlink_to(real)
    with whole_folder(tmp_path / "link", force=True) as folder:
        (folder / "new").write_text("new")
    assert (tmp_path / "link").is_symlink()
    assert tree(real) == {"new"}


def test_the_folder_of_work_is_not_replaced(tmp_path, monkeypatch):
    (tmp_path / "in").mkdir()
    monkeypatch.chdir(tmp_path / "in")
    for name in (".", "..", "", tmp_path):
        with pytest.raises(OutputError, match="is where you stand"):
            check_free(Path(name), force=False)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("file", "is a file"),
        ("file/below", "is no folder"),
        ("x" * 300, "cannot be written"),
        ("a\0b", "is no name of a folder"),
    ],
)
def test_a_place_that_cannot_hold_a_folder_is_refused_early(tmp_path, name, words):
    (tmp_path / "file").write_text("x")
    with pytest.raises(OutputError, match=words):
        check_free(tmp_path / name, force=True)


def test_a_long_name_still_has_room_for_its_partial_folder(tmp_path):
    with whole_folder(tmp_path / ("风" * 84)) as folder:  # 252 of the 255 bytes of a name
        (folder / "x").write_text("x")
    assert len(tree(tmp_path)) == 2


def test_a_place_that_may_not_be_written_to_is_refused_early(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "access", lambda path, mode: False)  # root may write anywhere
    with pytest.raises(OutputError, match="may not be written to; choose another place"):
        check_free(tmp_path / "out", force=False)


def test_a_full_disk_is_said_in_one_line_whoever_met_it(tmp_path):
    told = "Driver write request failed (time = Sun\n, errno = 28, error message = 'No space left'"
    for error in (OSError(28, told), OSError(told)):
        with pytest.raises(OutputError) as caught, whole_folder(tmp_path / "out"):
            raise error
        assert f"{caught.value}".endswith(
            "cannot be written: No space left on device; choose another place"
        )


def test_the_remnant_of_a_killed_run_is_cleared_once_it_is_old(tmp_path):
    old, young, strange = (
        tmp_path / name for name in (".out.partial-old", ".out.partial-young", ".other.partial-old")
    )
    long_ago = time.time() - STALE_SECONDS - 60
    for remnant in (old, young, strange):
        remnant.mkdir()
    for remnant in (old, strange):
        os.utime(remnant, (long_ago, long_ago))
    with whole_folder(tmp_path / "out"):
        pass
    assert tree(tmp_path) == {"out", young.name, strange.name}


def test_results_that_a_killed_run_had_moved_aside_come_back(tmp_path):
    results(tmp_path / ".out.partial-abc-old")
    with pytest.raises(OutputError, match="exists already"), whole_folder(tmp_path / "out"):
        pass
    assert tree(tmp_path) == {"out", "out/kpis.json", f"out/{MANIFEST}"}
