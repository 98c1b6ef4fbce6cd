"""Named data of the package, and files of users with the same form."""

import importlib
import pkgutil

import pytest

import altay_energy
from altay_energy.core.catalogue import Catalogue, package_toml
from altay_energy.core.errors import ScenarioError
from altay_energy.report.text.messages import translated


def read(name, table):
    if table.get("price", 0) < 0:
        raise ScenarioError(f"tariff {name}: price = {table['price']} must be at least 0")
    return name, table["title"]


@pytest.fixture
def tariffs():
    return Catalogue("tariff", "data/tariffs", read, own='tariff = { file = "my.toml" }')


def catalogues():
    found = {}
    for module in pkgutil.walk_packages(altay_energy.__path__, "altay_energy."):
        if not module.name.endswith("__main__"):
            for value in vars(importlib.import_module(module.name)).values():
                if isinstance(value, Catalogue):
                    found[value.place] = value
    return found.values()


@pytest.mark.parametrize("catalogue", catalogues(), ids=lambda c: c.kind)
def test_every_entry_of_every_catalogue_loads_and_an_unknown_name_does_not(catalogue):
    assert catalogue.names
    for name in catalogue.names:
        assert catalogue.load(name) is catalogue.load(name)
    for wrong in ("", "x", "../secrets", "__init__"):
        with pytest.raises(ScenarioError, match=f"there is no {catalogue.kind} ") as caught:
            catalogue.load(wrong)
        assert all(name in str(caught.value) for name in catalogue.names)


@pytest.mark.parametrize("catalogue", catalogues(), ids=lambda c: c.kind)
def test_what_a_catalogue_holds_has_a_chinese_word(catalogue):
    with pytest.raises(ScenarioError) as caught:
        catalogue.load("nosuchname")
    said = translated(str(caught.value), "zh")
    word = said.removeprefix("没有").partition(" 'nosuchname'")[0]
    assert word not in ("", said, catalogue.kind)
    assert not word.isascii()


def test_a_message_names_what_is_alike_all_names_and_how_to_give_ones_own(tariffs):
    with pytest.raises(ScenarioError) as caught:
        tariffs.load("xinjiang_coal_benchmrk")
    assert str(caught.value) == (
        "there is no tariff 'xinjiang_coal_benchmrk'; did you mean xinjiang_coal_benchmark? "
        f'(tariffs: {", ".join(tariffs.names)}, or your own by tariff = {{ file = "my.toml" }})'
    )


def test_names_of_a_folder_are_in_order_and_those_of_a_file_as_in_the_file():
    assert list(Catalogue("tariff", "data/tariffs", read).names) == sorted(
        Catalogue("tariff", "data/tariffs", read).names
    )
    sectors = Catalogue("sector", "data/sectors.toml", read, table="sectors")
    assert sectors.names == tuple(package_toml("data/sectors.toml")["sectors"])
    assert sectors.load("mining")[0] == "mining"
    rivers = Catalogue("catchment", "data/rivers/altay.toml", read)
    assert rivers.names == tuple(package_toml("data/rivers/altay.toml"))


def test_a_file_of_a_user_is_read_as_an_entry(tariffs, tmp_path):
    path = tmp_path / "my.toml"
    path.write_text('title = "Mine"', encoding="utf-8")
    assert tariffs.load_own(path) == ("my.toml", "Mine")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("price = 3", "tariff my.toml: title is missing"),
        ("price = -3", "tariff my.toml: price = -3 must be at least 0"),
        ("price = ", "tariff my.toml: is no TOML: "),
        ("", "my.toml: the file is empty"),
    ],
)
def test_a_file_that_makes_no_entry_is_refused(tariffs, tmp_path, text, message):
    path = tmp_path / "my.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ScenarioError, match=message):
        tariffs.load_own(path)
    with pytest.raises(ScenarioError, match="No such file"):
        tariffs.load_own(tmp_path / "absent.toml")
