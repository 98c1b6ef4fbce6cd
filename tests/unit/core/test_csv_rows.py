"""Cells of a text that is separated by commas."""

from __future__ import annotations

import pytest

from altay_energy.core.files.csvfile import csv_rows


def test_rows_keep_their_own_length_and_the_lines_that_are_empty():
    assert csv_rows("a,b\r\n\n1, 2,3") == [["a", "b"], [], ["1", " 2", "3"]]
    assert csv_rows("") == []


def test_quotes_hold_commas_and_ends_of_lines():
    assert csv_rows('"a,b",c\n"1\n2",3\n') == [["a,b", "c"], ["1\n2", "3"]]


def test_what_is_no_row_is_refused():
    with pytest.raises(ValueError, match="new-line character"):
        csv_rows("a,b\r1,2\n")
