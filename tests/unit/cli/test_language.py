"""The language of commands: option or locale, one language at a time."""

import re

import pytest

from altay_energy.cli.help import wrapped
from altay_energy.cli.language import asked_language
from altay_energy.cli.parser import main
from altay_energy.core.wording import cells

CHINESE = re.compile(r"[\u4e00-\u9fff]")


@pytest.mark.parametrize(
    ("words", "environment", "language"),
    [
        ([], {}, "en"),
        ([], {"LANG": "zh_CN.UTF-8"}, "zh"),
        ([], {"LANG": "zh_CN.UTF-8", "LC_ALL": "C"}, "en"),
        ([], {"LANG": "en_GB.UTF-8", "LC_MESSAGES": "zh_CN"}, "zh"),
        ([], {"LANG": "zh_CN.UTF-8", "LC_ALL": ""}, "zh"),
        (["run", "--language", "zh", "a.toml"], {}, "zh"),
        (["--language=zh", "run", "a.toml"], {}, "zh"),
        (["--language", "zh", "run", "--language", "en"], {}, "en"),
        (["run", "--language", "en"], {"LC_ALL": "zh_CN.UTF-8"}, "en"),
        (["run", "--", "--language", "zh"], {}, "en"),
        (["run", "--language"], {}, "en"),
    ],
)
def test_the_option_counts_before_the_locale(words, environment, language):
    assert asked_language(words, environment) == language


@pytest.mark.parametrize("words", [["--help"], ["weather", "check-climate", "--help"]])
def test_help_is_chinese_and_no_line_is_wider_than_the_terminal(words, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    with pytest.raises(SystemExit):
        main(["--language", "zh", *words])
    said = capsys.readouterr().out
    assert said.startswith("用法：")
    assert not re.search(
        r"\b(usage|options|show|folder|file)\b", said.replace("[weather.files", "")
    )
    assert max(map(cells, said.splitlines())) <= 80


def test_an_error_is_written_in_the_language_that_is_asked_for(capsys):
    assert main(["validate", "nowhere.toml", "--language", "zh"]) == 2
    said = capsys.readouterr().out
    assert said.startswith("nowhere.toml：1 个问题")
    assert main(["--language", "en", "validate", "nowhere.toml"]) == 2
    assert not CHINESE.search(capsys.readouterr().out)


def test_a_wrong_argument_is_reported_in_chinese(capsys):
    with pytest.raises(SystemExit) as stopped:
        main(["--language", "zh", "run"])
    assert stopped.value.code == 2
    assert "缺少参数：SCENARIO.toml" in capsys.readouterr().err


def test_lines_are_broken_by_cells_and_no_line_begins_with_a_comma():
    lines = wrapped("风电、光伏、水电，逐时模拟 wind.jeminay.capacity_mw，其余不变", 12)
    assert "".join(lines).replace(" ", "").startswith("风电、光伏、水电，逐时模拟wind")
    assert not any(line[0] in "，、；。" for line in lines)
    assert all(cells(line) <= 14 or " " not in line for line in lines)
