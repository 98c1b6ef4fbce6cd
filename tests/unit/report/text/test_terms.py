"""One Chinese word for each term, in charts, tables, messages and meanings of keys alike."""

import re

import pytest

from altay_energy.report.text import words
from altay_energy.report.text.messages import PLACE, entries

TERMS = {
    "imports?|imported": "下网",
    "exports?|exported": "上网",
    "batter(?:y|ies)": "电池",
    "pumped[ -]storages?": "抽水蓄能",
    "hydrogen": "氢",
    "demand charge": "需量电",
    "tariffs?": "电价",
    "forecasts?": "预测",
    "emissions?|emitted": "排放",
    "net load": "净负荷",
    "wakes?": "尾流",
    "hub": "轮毂",
    "roughness": "粗糙度",
    "snow": "雪",
    "clearness": "晴空指数",
    "synthetic years?|synthetic years?": "生成年",
    "climates?": "气候",
    "static heads?": "毛水头",
    "outages?": "停运",
    "seed": "种子",
    "scenarios?": "情景",
    "header": "表头",
    "folder": "文件夹",
}
"""Term in English → its only word in Chinese."""

OTHERS = {
    "下网": "买电|外购电|网购电|购入电量|从电网购电",
    "上网": "售电量|卖电|外送电量(?!电价|线损)",
    "负荷": "负载",
    "储能": "蓄电|储电",
    "出力": "发电出力功率",
    "风机": "风力机|风电机组|风力发电机",
    "光伏": "太阳能电站|光电站",
    "机组": "发电机组单元",
    "气象": "天气",
    "情景": "情境|场景",
    "缺省": "默认",
    "时标": "时间戳",
    "毛水头": "静水头",
    "来水": "入流",
    "综合效率": "往返效率|循环效率",
    "尾流": "尾迹",
    "覆冰": "结霜|积冰",
    "容量系数": "容量因子",
    "利用小时": "满发小时|满负荷小时",
    "晴空指数": "清晰度",
    "亿m³": "百万 ?m³(?!，请写|？)",
}
"""Word → other words for the same thing, which are not used."""


def pairs_of(english, chinese):
    """Texts of both languages at the same keys."""
    for key, text in english.items():
        if isinstance(text, dict):
            yield from pairs_of(text, chinese[key])
        elif isinstance(text, str):
            yield text, chinese[key]


def pairs():
    tables = (dict(words(language).tables) for language in ("en", "zh"))
    return [*pairs_of(*tables), *entries().items()]


def plain(english):
    """A text without places, quotations, keys and names of files."""
    quoted = r"`[^`]*`|\"[^\"]*\"|'[^']*'|\[[^\]]*\]|[\w.]*[_.=][\w.]*"
    return re.sub(quoted, " ", PLACE.sub(" ", english))


@pytest.mark.parametrize("term", TERMS)
def test_a_term_has_one_word(term):
    found = re.compile(rf"(?<![\w-])(?:{term})(?![\w:-])", re.IGNORECASE)
    about = [(english, chinese) for english, chinese in pairs() if found.search(plain(english))]
    assert about, "the term is in no text: take it out of this table"
    assert [pair for pair in about if TERMS[term] not in pair[1]] == []


@pytest.mark.parametrize("word", OTHERS)
def test_no_other_word_is_used_for_it(word):
    assert [chinese for _, chinese in pairs() if re.search(OTHERS[word], chinese)] == []
