"""Chinese is drawn where a font has it; elsewhere charts are English and one notice says so."""

from __future__ import annotations

import matplotlib
import pytest
from matplotlib.text import Text

from altay_energy.report.chart import canvas, fonts
from altay_energy.report.plots import plot_dispatch
from altay_energy.report.text import words

CHINESE_FONT = fonts.cjk_font()
needs_chinese = pytest.mark.skipif(CHINESE_FONT is None, reason="no font with Chinese here")


@pytest.fixture
def no_chinese_font(monkeypatch):
    """A machine on which no font has Chinese characters."""
    monkeypatch.setattr(fonts, "_candidates", lambda: iter(()))
    caches = (fonts.cjk_font, fonts.lettering)
    for cache in caches:
        cache.cache_clear()
    yield
    monkeypatch.undo()
    for cache in caches:
        cache.cache_clear()


def all_text(figure):
    return " ".join(text.get_text() for text in figure.findobj(Text))


def is_chinese(text):
    return any("一" <= char <= "鿿" for char in text)


@pytest.mark.usefixtures("no_chinese_font")
def test_without_a_font_charts_are_english_with_one_notice(week):
    assert canvas.chart_notices([week], "zh") == [words("zh")("font", "no_cjk")]
    figure = plot_dispatch(week, language="zh").figure
    assert "Wind" in all_text(figure)
    assert not is_chinese(all_text(figure))


@pytest.mark.usefixtures("no_chinese_font")
def test_a_chinese_title_that_cannot_be_drawn_gives_way_to_the_name(make):
    hourly = make(hours=24, title="布尔津基地", scenario="burqin-2030")
    assert canvas.chart_notices([hourly]) == [
        words("en")("font", "title_replaced", shown="burqin-2030")
    ]
    assert "burqin-2030" in all_text(plot_dispatch(hourly).figure)


@pytest.mark.usefixtures("no_chinese_font")
def test_even_a_name_that_cannot_be_drawn_leaves_no_squares(make):
    hourly = make(hours=24, title="", title_zh="", scenario="站-a")
    assert canvas.title_of(hourly, fonts.lettering("en")) == "?-a"


@needs_chinese
def test_with_a_font_all_labels_are_chinese(week, tmp_path):
    assert canvas.chart_notices([week], "zh") == []
    figure = plot_dispatch(week, language="zh").figure
    canvas.save(figure, tmp_path / "a.png")  # a missing glyph would be a warning, so an error
    shown = all_text(figure)
    assert {"负荷", "风电", "光伏"} <= set(shown.split())
    assert not {"Load", "Wind", "Solar", "Power"} & set(shown.split())


@needs_chinese
def test_a_chinese_title_is_drawn_among_english_labels(make):
    hourly = make(hours=24, title="布尔津基地")
    assert canvas.chart_notices([hourly]) == []
    assert "布尔津基地" in all_text(plot_dispatch(hourly).figure)


def test_a_font_is_believed_only_when_it_has_the_glyphs():
    assert fonts.has_glyphs(fonts.LATIN, "MWh, °C – é")
    assert not fonts.has_glyphs(fonts.LATIN, "风")
    assert not fonts.has_glyphs("No Such Family", "a")


def test_a_font_file_that_is_gone_is_no_font(monkeypatch, tmp_path):
    entry = fonts.font_manager.FontEntry(fname=str(tmp_path / "gone.ttf"), name="SimHei")
    manager = fonts.font_manager.fontManager
    monkeypatch.setattr(manager, "ttflist", [*manager.ttflist, entry])
    fonts._face.cache_clear()
    assert fonts._face("SimHei") is None
    fonts._face.cache_clear()


def test_drawing_leaves_the_settings_of_the_user_alone(week):
    before = dict(matplotlib.rcParams)
    plot_dispatch(week)
    assert dict(matplotlib.rcParams) == before
