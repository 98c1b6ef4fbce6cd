"""From TOML text and ``--set`` to merged tables with origins."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from altay_energy.core.errors import ScenarioError
from altay_energy.scenario.toml.names import dotted
from altay_energy.scenario.toml.source import COMMAND_LINE, read_source
from altay_energy.scenario.toml.text import key_parts, parse_override


def write(folder, name, text, encoding="utf-8"):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode(encoding))
    return path


def test_a_child_wins_over_its_parent_and_each_value_knows_its_origin(tmp_path):
    parent = write(tmp_path, "parent.toml", "[wind.a]\ncapacity_mw = 100\nhub_height_m = 90\n")
    child = write(tmp_path, "child.toml", 'extends = "parent.toml"\n[wind.a]\ncapacity_mw = 200\n')
    source = read_source(child, ["wind.a.site=jeminay"])
    assert source.tables == {
        "wind": {"a": {"capacity_mw": 200, "hub_height_m": 90, "site": "jeminay"}}
    }
    assert source.origin(("wind", "a", "capacity_mw")) == str(child)
    assert source.origin(("wind", "a", "hub_height_m")) == str(parent)
    assert source.origin(("wind", "a", "site")) == COMMAND_LINE
    assert source.files == (child, parent)


def test_a_file_reference_replaces_a_number_whole_and_the_other_way_round(tmp_path):
    write(tmp_path, "a.toml", 'x.profile = { file = "a.csv", column = "a" }\ny.profile = 3\n')
    child = write(
        tmp_path, "b.toml", 'extends = "a.toml"\nx.profile = 5\ny.profile = { file = "b.csv" }\n'
    )
    assert read_source(child).tables == {"x": {"profile": 5}, "y": {"profile": {"file": "b.csv"}}}


def test_without_leaves_an_inherited_table_out(tmp_path):
    write(tmp_path, "a.toml", "[battery.a]\nenergy_mwh = 1\n[battery.b]\nenergy_mwh = 2\n")
    some = write(tmp_path, "b.toml", 'extends = "a.toml"\nwithout = ["battery.a"]\n')
    assert read_source(some).tables == {"battery": {"b": {"energy_mwh": 2}}}
    none = write(tmp_path, "c.toml", 'extends = "b.toml"\nwithout = ["battery.b"]\nname = "c"\n')
    assert read_source(none).tables == {"name": "c"}


def test_without_what_is_not_there_is_an_error(tmp_path):
    write(tmp_path, "a.toml", "[battery.a]\nenergy_mwh = 1\n")
    child = write(tmp_path, "b.toml", 'extends = "a.toml"\nwithout = ["batery.a"]\n')
    with pytest.raises(ScenarioError, match=r"b.toml: without: the parents have no batery.a"):
        read_source(child)


def test_parents_that_form_a_loop_are_shown(tmp_path):
    a = write(tmp_path, "a.toml", 'extends = "b.toml"\n')
    write(tmp_path, "b.toml", 'extends = "a.toml"\n')
    with pytest.raises(ScenarioError, match=r"loop: a.toml → b.toml → a.toml"):
        read_source(a)


def test_a_scenario_that_extends_itself_is_a_loop(tmp_path):
    a = write(tmp_path, "a.toml", 'extends = "a.toml"\n')
    with pytest.raises(ScenarioError, match=r"loop: a.toml → a.toml"):
        read_source(a)


@pytest.mark.parametrize(
    "parent",
    ["../../secrets.toml", "/etc/hosts", "~/x.toml", "sub/../../secrets.toml"],
)
def test_a_parent_outside_the_folder_is_never_opened(tmp_path, parent):
    write(tmp_path, "secrets.toml", 'name = "secret"')
    child = write(tmp_path, "in/deep/child.toml", f'extends = "{parent}"\n')
    with pytest.raises(ScenarioError, match=r"outside the project folder|no such file"):
        read_source(child)


def test_a_link_that_leads_outside_is_refused(tmp_path):
    secret = write(tmp_path, "secret.toml", 'name = "secret"')
    child = write(tmp_path, "in/child.toml", 'extends = "link.toml"\n')
    (tmp_path / "in" / "link.toml").symlink_to(secret)
    with pytest.raises(ScenarioError, match="outside the project folder"):
        read_source(child)
    assert read_source(child, folders=[tmp_path]).tables == {"name": "secret"}


@pytest.mark.parametrize(
    "parent", ["http://example.org/x.toml", "file:///etc/passwd", r"\\\\server\\share\\x.toml"]
)
def test_an_address_is_refused(tmp_path, parent):
    child = write(tmp_path, "child.toml", f'extends = "{parent}"\n')
    with pytest.raises(ScenarioError, match="never opens a connection"):
        read_source(child)


def test_a_control_character_in_a_file_name_is_refused(tmp_path):
    child = write(tmp_path, "child.toml", 'extends = "a\\u0000.toml"\n')
    with pytest.raises(ScenarioError, match="control character"):
        read_source(child)


def test_broken_toml_is_shown_with_line_and_caret(tmp_path):
    path = write(tmp_path, "a.toml", "name = 1\n[wind.a\ncapacity_mw = 2\n")
    with pytest.raises(ScenarioError) as caught:
        read_source(path)
    lines = str(caught.value).splitlines()
    assert "a.toml: line 2, column 8" in lines[0]
    assert lines[1].strip() == "[wind.a"
    assert lines[2].index("^") == lines[1].index("[") + 7


def test_a_duplicate_key_is_named(tmp_path):
    path = write(tmp_path, "a.toml", "[wind.a]\ncapacity_mw = 1\ncapacity_mw = 2\n")
    with pytest.raises(ScenarioError, match=r"line 3.*capacity_mw is given twice"):
        read_source(path)


def test_a_duplicate_table_is_named(tmp_path):
    path = write(tmp_path, "a.toml", "[wind.a]\nx = 1\n[wind.a]\ny = 2\n")
    with pytest.raises(ScenarioError, match=r"\[wind\.a\] is given twice"):
        read_source(path)


@pytest.mark.parametrize("text", ["", "# only a comment\n", "\n\n"])
def test_an_empty_file_says_what_a_scenario_needs(tmp_path, text):
    with pytest.raises(ScenarioError, match="is empty; a scenario needs at least schema_version"):
        read_source(write(tmp_path, "a.toml", text))


def test_byte_order_mark_and_windows_line_ends_are_fine(tmp_path):
    path = write(tmp_path, "a.toml", '\ufeffname = "a"\r\n[time]\r\nyear = 2030\r\n')
    assert read_source(path).tables == {"name": "a", "time": {"year": 2030}}


def test_an_indent_by_tab_is_an_error_with_its_line(tmp_path):
    path = write(tmp_path, "a.toml", 'name = "a"\n[time]\n\tyear = 2030\n')
    with pytest.raises(ScenarioError, match="line 3 is indented with a tab"):
        read_source(path)


def test_a_tab_inside_a_text_is_nobodys_business(tmp_path):
    path = write(tmp_path, "a.toml", 'description = """\n\tyear = 1\n"""\n')
    assert read_source(path).tables["description"] == "\tyear = 1\n"


def test_another_encoding_than_utf8_is_named(tmp_path):
    path = write(tmp_path, "a.toml", 'title_zh = "布尔津"\n', encoding="gbk")
    with pytest.raises(ScenarioError, match="is not UTF-8 text"):
        read_source(path)


def test_a_missing_file_suggests_the_one_that_was_meant(tmp_path):
    write(tmp_path, "burqin-2030.toml", 'name = "x"')
    with pytest.raises(ScenarioError, match=r"no such file; did you mean .*burqin-2030.toml"):
        read_source(tmp_path / "burqin2030.toml")


@pytest.mark.parametrize(
    ("text", "tables"),
    [
        ("a.b=1", {"a": {"b": 1}}),
        ("a.b = 1.5", {"a": {"b": 1.5}}),
        ("dispatch.method=rules", {"dispatch": {"method": "rules"}}),
        ('a="x y"', {"a": "x y"}),
        ("a=[1, 2]", {"a": [1, 2]}),
        ("a=true", {"a": True}),
        ('wind."a.b".x=3', {"wind": {"a.b": {"x": 3}}}),
        ("wind.布尔津.x=3", {"wind": {"布尔津": {"x": 3}}}),
        ('p={ file = "x.csv", column = "y" }', {"p": {"file": "x.csv", "column": "y"}}),
        ("weather.files.x=C:\\data\\x.epw", {"weather": {"files": {"x": "C:\\data\\x.epw"}}}),
    ],
)
def test_an_override_is_a_key_and_a_toml_value_or_bare_text(text, tables):
    assert parse_override(text) == tables


@pytest.mark.parametrize("text", ["capacity", "=5", "", " = 1", '"".=3'])
def test_an_override_without_key_or_value_is_refused(text):
    with pytest.raises(ScenarioError, match="--set"):
        parse_override(text)


def test_overrides_of_a_library_user_may_be_numbers_of_numpy_paths_and_tables(tmp_path):
    file = write(tmp_path, "a.toml", "[wind.a]\ncapacity_mw = 1\n")
    changes = {
        "wind.a.capacity_mw": np.float64(2.5),
        "wind.a.turbines": np.int64(3),
        "load.b.profile": {"file": Path("x.csv"), "column": "y"},
        "sources": ("a", "b"),
    }
    source = read_source(file, changes)
    assert source.tables == {
        "wind": {"a": {"capacity_mw": 2.5, "turbines": 3}},
        "load": {"b": {"profile": {"file": "x.csv", "column": "y"}}},
        "sources": ["a", "b"],
    }
    assert type(source.tables["wind"]["a"]["turbines"]) is int
    assert source.origin(("load", "b", "profile")) == COMMAND_LINE
    assert read_source(file, "wind.a.capacity_mw=7").tables["wind"]["a"]["capacity_mw"] == 7


@pytest.mark.parametrize("changes", [{"wind..a": 1}, {"": 1}, {"a": [{}]}, {"a": "x\0y"}])
def test_overrides_of_a_library_user_are_checked_as_well(tmp_path, changes):
    with pytest.raises(ScenarioError, match="overrides: "):
        read_source(write(tmp_path, "a.toml", "a = 1\n"), changes)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("wind.a.b", ("wind", "a", "b")),
        ('wind."a.b".c', ("wind", "a.b", "c")),
        ("wind.'a.b'.c", ("wind", "a.b", "c")),
        (r'wind."a\"b"', ("wind", 'a"b')),
        (" wind.my farm ", ("wind", "my farm")),
        ('wind."=1"', ("wind", "=1")),
    ],
)
def test_a_key_has_parts_between_its_dots(text, parts):
    assert key_parts(text, "here") == parts


@pytest.mark.parametrize("text", ["", ".", "a.", ".a", "a..b", 'a."b', "a.''", r'a."\q"', 'a"b"'])
def test_what_is_no_key_is_refused(text):
    with pytest.raises(ScenarioError, match=r"here: .* is no key"):
        key_parts(text, "here")


@given(st.lists(st.text(st.characters(exclude_categories=["C", "Zl", "Zp"]), min_size=1)))
def test_a_key_is_written_as_it_is_read(parts):
    key = ("wind", *parts)
    assert key_parts(dotted(key), "here") == key


def test_removing_the_last_of_a_kind_removes_the_kind_whatever_it_is_called(tmp_path):
    write(tmp_path, "a.toml", 'name = "a"\n[wind."a.b"]\ncapacity_mw = 1\n')
    child = write(tmp_path, "b.toml", 'extends = "a.toml"\nwithout = [\'wind."a.b"\']\n')
    source = read_source(child)
    assert source.tables == {"name": "a"}
    assert set(source.origins) == {("name",)}


def test_a_pipe_is_read_in_bounds(tmp_path):
    with pytest.raises(ScenarioError, match="more than 16 MB"):
        read_source("/dev/zero")


@given(st.text(max_size=200))
def test_any_text_parses_or_is_a_scenario_error(tmp_path_factory, text):
    path = tmp_path_factory.mktemp("any") / "a.toml"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    problem = str(path)
    try:
        read_source(path)
    except ScenarioError as error:
        problem = str(error)
    assert str(path) in problem
