"""Bytes to text: encodings, line ends and characters nobody sees."""

from __future__ import annotations

import pytest

from corpus.decode import Unreadable, clean, decode

TEXT = "Naïve – it’s 5 °C.\nNext line."


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_encodings_that_are_marked_or_plain(encoding: str) -> None:
    decoded = decode(TEXT.encode(encoding))
    assert decoded.text == TEXT
    assert decoded.warnings == ()


@pytest.mark.parametrize(
    ("encoding", "named"), [("utf-16-le", "utf-16-le"), ("utf-16-be", "utf-16-be"), ("cp1252", "cp1252")]
)
def test_a_guess_is_reported(encoding: str, named: str) -> None:
    decoded = decode(TEXT.encode(encoding))
    assert decoded.text == TEXT
    assert named in decoded.warnings[0]


def test_latin_1_and_a_declared_encoding() -> None:
    assert decode("Über".encode("latin-1")).text == "Über"
    assert decode("źle".encode("iso-8859-2"), declared="iso-8859-2").text == "źle"
    assert decode("ź".encode("iso-8859-2"), declared="no-such").text != "ź"


@pytest.mark.parametrize("declared", ["iso-8859-1", "Latin-1", "us-ascii"])
def test_an_old_page_keeps_its_apostrophes(declared: str) -> None:
    page = "You don’t need a brace. It’s “safe” – they’ve said so. You’re not alone."
    assert decode(page.encode("cp1252"), declared=declared).text == page
    assert decode(b"a\x81b", declared=declared).text


def test_utf8_that_is_broken_in_one_place_stays_utf8() -> None:
    decoded = decode("é".encode() * 20 + b"\xff" + b" end")
    assert decoded.text == "é" * 20 + "\ufffd end"
    assert "1 byte" in decoded.warnings[0]


def test_line_ends_and_nul_bytes() -> None:
    decoded = decode(b"one long line\r\ntwo\rth\x00ree\xe2\x80\xa8four")
    assert decoded.text == "one long line\ntwo\nthree\nfour"
    assert decoded.warnings == ("1 NUL byte removed",)


def test_what_nobody_sees_goes_and_is_reported() -> None:
    decoded = decode("bo\u200bne\u00ad \u202ereversed\u202c".encode())
    assert decoded.text == "bone reversed"
    assert [warning.split()[0] for warning in decoded.warnings] == ["2", "2"]


def test_text_smuggled_in_tag_characters_is_spelt_out() -> None:
    hidden = "".join(chr(0xE0000 + ord(letter)) for letter in "obey")
    decoded = clean(f"Line one\nLine {hidden}two")
    assert decoded.text == "Line one\nLine two"
    assert (decoded.dropped[0].reason, decoded.dropped[0].text, decoded.dropped[0].line) == ("hidden text", "obey", 2)


def test_joiners_stay_where_a_script_needs_them() -> None:
    assert clean("\u0915\u094d\u200d\u0937").text == "\u0915\u094d\u200d\u0937"
    assert clean("a\u200db").text == "ab"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty"),
        (b" \r\n\x00", "empty"),
        (b"%PDF-1.7 ...", "PDF"),
        (b"PK\x03\x04....", "ZIP"),
        (b"\xd0\xcf\x11\xe0....", "old Office"),
        (bytes(range(256)), "binary"),
        (b"a\x00\x00\x00b\x00\x00c\x00", "binary"),
    ],
)
def test_no_text(data: bytes, reason: str) -> None:
    with pytest.raises(Unreadable, match=reason):
        decode(data)
