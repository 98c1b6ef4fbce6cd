"""A file is data: it opens no other file and does nothing to the terminal that shows it."""

from __future__ import annotations

import h5py
import numpy as np
import pytest

from altay_energy.core.errors import AltayError, visible
from altay_energy.weather.read import read_weather

HOURS = 72
SECRET = 287.25


def external_link(file, outside):
    file["t2m"] = h5py.ExternalLink(str(outside), "t2m")


def link_in_a_group(file, outside):
    group = file.create_group("a/b")
    group["t2m"] = h5py.ExternalLink(str(outside), "t2m")
    group["loop"] = file["a"]


def external_storage(file, outside):
    raw = outside.with_suffix(".bin")
    raw.write_bytes(np.full(HOURS, SECRET).tobytes())
    file.create_dataset("t2m", (HOURS,), "f8", external=[(str(raw), 0, h5py.h5f.UNLIMITED)])


def virtual_dataset(file, outside):
    layout = h5py.VirtualLayout((HOURS,), "f8")
    layout[:] = h5py.VirtualSource(str(outside), "t2m", (HOURS,))
    file.create_virtual_dataset("t2m", layout)


def growing_virtual_dataset(file, outside):
    layout = h5py.VirtualLayout((HOURS,), "f8", maxshape=(None,))
    source = h5py.VirtualSource(str(outside), "t2m", (HOURS,), maxshape=(None,))
    layout[:] = source[:]
    file.create_virtual_dataset("t2m", layout)


ELSEWHERE = {
    external_link: "an external link",
    link_in_a_group: "an external link",
    external_storage: "external storage",
    virtual_dataset: "a virtual dataset",
    growing_virtual_dataset: "a virtual dataset",
}


@pytest.mark.parametrize("put", ELSEWHERE, ids=lambda put: put.__name__)
def test_values_in_another_file_are_not_read(
    refused, scenario_file, tmp_path, tmp_path_factory, put
):
    outside = tmp_path_factory.mktemp("outside") / "secret.nc"
    with h5py.File(outside, "w") as file:
        file["t2m"] = np.full(HOURS, SECRET)
    with h5py.File(tmp_path / "w.nc", "w") as file:
        hours = file.create_dataset("valid_time", data=np.arange(HOURS, dtype=np.int64))
        hours.attrs["units"] = "hours since 2030-01-01"
        for name in ("d2m", "sp", "u10", "v10", "ssrd"):
            file[name] = np.ones(HOURS)
        put(file, outside)
    scenario_file('[weather]\nsource = "files"\n[weather.files]\njeminay = "w.nc"\n')
    for words in (
        (),
        ("weather", "describe", "w.nc"),
        ("weather", "convert", "w.nc", "-o", "x.nc"),
    ):
        message = refused(*words)
        assert "are in another file" in message
        assert ELSEWHERE[put] in message
        assert str(SECRET) not in message


def test_links_within_a_file_are_followed(tmp_path):
    path = tmp_path / "w.nc"
    with h5py.File(path, "w") as file:
        file["real"] = np.ones(HOURS)
        file["soft"] = h5py.SoftLink("/real")
        file["hard"] = file["real"]
    with pytest.raises(AltayError, match="neither ERA5"):
        read_weather(path)


ESCAPES = "\x1b[31mred\x1b]0;title\x07\x9b2J\u202e"


def acts_on_a_terminal(text: str) -> bool:
    return any(
        character in "\x1b\x07\x08\r\x9b\u202e\u2066" or 0x7F <= ord(character) < 0xA0
        for character in text
    )


def test_a_header_does_nothing_to_the_terminal(command, tmp_path, weather_csv):
    path = weather_csv("w.csv", days=10)
    sound = path.read_text(encoding="utf-8")
    about = (
        "# altay_energy weather 1\n"
        'place = "a\\u001b[31mred\\u009b2J\\u202e"\nlatitude = 47.43\nlongitude = 85.87\n'
        "elevation_m = 984.0\nutc_offset_hours = 8.0\nwind_height_m = 10.0\ntypical = false\n"
        'notices = "b\\u001b[31m"\n'
    )
    lines = "".join(
        f"{line if k == 0 else '# ' + line}\n" for k, line in enumerate(about.split("\n"))
    )
    (tmp_path / "own.csv").write_text(lines + sound, encoding="utf-8")
    (tmp_path / "bad.csv").write_text(sound.replace("ghi_w_m2", f"ghi{ESCAPES}"), encoding="utf-8")
    (tmp_path / "bad.toml").write_text(f"name = \x1b[31m{ESCAPES}\n", encoding="utf-8")
    (tmp_path / "place.epw").write_text(f"LOCATION,{ESCAPES},x,CHN,s,1,47,88,8,7\n", "utf-8")
    with h5py.File(tmp_path / "names.nc", "w") as file:
        file[f"v{ESCAPES}"] = np.ones(3)
    declare = ("--declare", "stamp='begin'", "--declare", "wind_height_m=10")
    for words in (
        ("weather", "describe", "own.csv"),
        ("weather", "describe", "own.csv", "--json"),
        ("weather", "convert", "own.csv", "-o", "own.nc"),
        ("weather", "describe", "bad.csv", *declare),
        ("weather", "describe", "place.epw"),
        ("weather", "describe", "names.nc"),
        ("validate", "bad.toml"),
        ("run", "bad.toml"),
        ("run", f"no{ESCAPES}.toml"),
        ("run", "bad.toml", "-o", f"out{ESCAPES}"),
        ("run", "bad.toml", f"--odd{ESCAPES}"),
        ("weather", "describe", "own.csv", "--declare", f"a{ESCAPES}=1"),
        ("new", f"a{ESCAPES}"),
        (f"a{ESCAPES}",),
    ):
        answer = command(*words)
        assert answer.out + answer.err, words
        assert not acts_on_a_terminal(answer.out + answer.err), (words, answer)


def test_a_table_on_a_terminal_shows_control_characters_written_out(monkeypatch, capsys):
    from rich.table import Table
    from rich.text import Text

    from altay_energy.cli.screen import out

    table = Table("name")
    table.add_row(Text(f"a{ESCAPES}"))
    out().print(table)
    assert not acts_on_a_terminal(capsys.readouterr().out)


def test_a_name_of_two_scripts_stays_as_it_is():
    text = "布尔津 — Бурчун\tжел\nzero\u200dwidth"
    assert visible(text) == text
    assert visible("a\x1b[0m\r\x9b\ud800") == "a\\x1b[0m\\r\\x9b\\ud800"
