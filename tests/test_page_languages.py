"""Languages: the same texts in each, an answer's own sentences retold, and a page that reads from the right as well."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from live import SITE, live
from playwright.sync_api import expect
from scripted_answers import ANSWERED, URGENT, answer, assistant
from test_page_view import conversation
from visitors import PHONE, ask

from app.scope import Scope
from app.settings import SiteSettings
from app.strings import FOLDER, OPTIONAL, PATTERN, Strings, day, languages, names
from app.strings.phrasebook import OURS, Phrasebook, originals, phrases
from app.triage import SiteTexts, Triage, Verdict
from app.triage.cards import names_in
from app.ui.view import View
from corpus.errors import SpinewiseError

TABLES = {file.stem: tomllib.loads(file.read_text(encoding="utf-8")) for file in sorted(FOLDER.glob("*.toml"))}
OTHERS = [language for language in TABLES if language != "en"]
NUMBERS = SiteSettings(
    emergency_number="112", clinic_phone="555 0100", clinic_name="Hill Clinic", crisis_line="555 0199"
)
TEXTS = languages(NUMBERS)
RULES = list(Triage.load().examples())


def found(table: Mapping[str, Any], name: str) -> Any:
    """The text or list of a dotted name."""
    for part in name.split("."):
        table = table[part]
    return table


# -- complete


@pytest.mark.parametrize("language", OTHERS)
def test_no_text_is_missing_and_none_is_left_over(language) -> None:
    ours = {name for name in names(TABLES[language]) if not name.startswith(OPTIONAL)}
    assert ours == set(names(TABLES["en"]))


@pytest.mark.parametrize("language", OTHERS)
def test_values_and_lists_are_the_same_in_each_language(language) -> None:
    for name in names(TABLES["en"]):
        english, other = found(TABLES["en"], name), found(TABLES[language], name)
        if isinstance(english, list):
            assert len(english) == len(other), name
        else:
            assert names_in(str(english)) == names_in(str(other)), name
            assert str(other).strip(), name


@pytest.mark.parametrize("site", [NUMBERS, SiteSettings()], ids=["numbers", "no numbers"])
@pytest.mark.parametrize("language", TABLES)
def test_no_word_is_doubled_where_a_number_or_a_name_is_put_in(language, site) -> None:
    """In some languages the preposition comes with the number: "llame al 112"."""
    t = Strings(language, site)
    for name in names(TABLES[language]):
        text = found(TABLES[language], name)
        if isinstance(text, str) and names_in(text) and names_in(text) <= {"clinic", "phone", "emergency", "crisis"}:
            assert not re.search(r"(?<!\S)(\S+) \1(?!\S)", t(name)), (name, t(name))


@pytest.mark.parametrize("language", OTHERS)
def test_every_card_and_every_reply_has_its_translation(language) -> None:
    english, other = dict(originals(NUMBERS)), dict(phrases(TEXTS[language], NUMBERS))
    assert english.keys() <= other.keys()
    assert all(english[name] != other[name] for name in english)


def test_dates_are_said_as_each_language_says_them() -> None:
    when = ANSWERED.citations[0].reviewed_on
    assert when
    assert [day(when, TEXTS[language]) for language in ("en", "es", "hi")] == [
        "1 March 2025", "1 de marzo de 2025", "1 मार्च 2025",
    ]  # fmt: skip


def test_a_site_may_bring_a_language_and_hears_what_it_lacks(tmp_path: Path) -> None:
    (tmp_path / "fr.toml").write_text('[page]\nlanguage = "fr"\n', encoding="utf-8")
    with pytest.raises(SpinewiseError, match=r"fr\.toml has no text"):
        languages(SiteSettings(texts=str(tmp_path)))
    assert list(languages(SiteSettings(language="es", languages=["hi"]))) == ["es", "hi"]


def test_a_sites_own_texts_may_name_its_phone_and_nothing_that_nobody_fills(tmp_path: Path) -> None:
    ours, own = PATTERN.read_text(encoding="utf-8"), tmp_path / "en.toml"
    said = 'not_found_notice = "Your surgical team'
    assert said in ours
    site = SiteSettings(texts=str(tmp_path), languages=["en", "es"], clinic_phone="555 0100")
    own.write_text(ours.replace(said, 'not_found_notice = "Call {phone}. Your surgical team'), encoding="utf-8")
    texts = languages(site)
    notice = texts["en"]("answer.not_found_notice")
    assert notice.startswith("Call 555 0100.")
    assert Phrasebook.into("es", texts, site).say(notice).startswith("Su equipo")
    for wrong in ("{clinc}", "{"):
        own.write_text(ours.replace(said, f'not_found_notice = "Call {wrong}. Your surgical team'), encoding="utf-8")
        with pytest.raises(SpinewiseError, match=r"en\.toml: answer\.not_found_notice"):
            languages(site)


# -- what the program says in an answer


@pytest.mark.parametrize("meant", list(TEXTS))
@pytest.mark.parametrize("said", list(TEXTS))
def test_notices_that_stand_together_are_retold_each(said, meant) -> None:
    def notices(t: Strings) -> str:
        return " ".join(
            (t("answer.differ"), t("answer.more_one", numbers="[2]"), t("answer.promotional_many", numbers="[1], [3]"))
        )

    assert Phrasebook.into(meant, TEXTS, SiteSettings()).say(notices(TEXTS[said])) == notices(TEXTS[meant])


@pytest.mark.parametrize("site", [NUMBERS, SiteSettings()], ids=["numbers", "no numbers"])
@pytest.mark.parametrize("language", OTHERS)
def test_every_urgent_card_and_notice_is_told_whole_in_another_language(language, site) -> None:
    triage, book = Triage.load(), Phrasebook.into(language, languages(site), site)
    given = SiteTexts(
        **site.model_dump(include={"country", "emergency_number", "crisis_line", "clinic_phone", "clinic_name"})
    )
    for rule in {rule for rule, _, _ in RULES}:
        for text in (triage.card(Verdict(rule), given), triage.notice(Verdict(rule), given)):
            told = book.say(text)
            assert len(told.splitlines()) == len(text.splitlines())
            assert not {"call", "today.", "now.", "wait.", "the", "emergency"} & set(told.lower().split()), told
            for number in ("112", "555 0100", "555 0199"):
                assert (number in told) == (number in text), (rule, told)


def test_a_card_keeps_its_urgency_in_each_language() -> None:
    told = {language: Phrasebook.into(language, TEXTS, NUMBERS) for language in OTHERS}
    emergency = Triage.load().card(Verdict("cauda-equina"), SiteTexts(emergency_number="112"))
    assert told["es"].say(emergency).splitlines()[0] == "Llame al 112 ahora. No espere."
    assert told["hi"].say(emergency).splitlines()[0] == "अभी 112 पर फ़ोन करें। रुकें नहीं।"


def test_scope_replies_and_what_is_not_found_are_retold() -> None:
    book, t = Phrasebook.into("es", TEXTS, NUMBERS), TEXTS["en"]
    covers = t("answer.covers", topics="Walking; {Driving}")
    absent = answer("not_found", f"{t('answer.not_found')} {covers}", notice=t("answer.not_found_notice"))
    retold = book.retold(absent)
    assert retold.text == (
        "Lo siento, no he encontrado la respuesta en los documentos que tengo. "
        "No quiero adivinar cuando se trata de su salud. Puedo hablarle de: Walking; {Driving}."
    )
    assert retold.notice == "Su equipo quirúrgico puede ayudarle con esto. Ninguna pregunta es demasiado pequeña."
    for rule in Scope.load().rules:
        assert book.say(rule.reply) != rule.reply
    two = f"{t('answer.personal_notice')} {t('answer.promotional_one', numbers='[2]')}"
    assert "La fuente [2] es un artículo publicitario." in book.say(two)
    assert "Esta es información general." in book.say(two)


def test_what_documents_say_is_never_retold() -> None:
    book = Phrasebook.into("es", TEXTS, NUMBERS)
    quoting = replace(ANSWERED, text=TEXTS["en"]("answer.not_found"))
    assert book.retold(quoting).text == quoting.text
    assert "answered" not in OURS
    unknown = answer("declined", "Something nobody foresaw.")
    assert book.retold(unknown) == unknown


def test_whoever_writes_another_language_reads_in_each_whom_to_call() -> None:
    foreign = answer("declined", Scope.load().reply("language"), rule="language")
    page = View(TEXTS["en"], texts=TEXTS).log(conversation(foreign))
    for language in TEXTS:
        assert f'lang="{language}"' in page
        assert TEXTS[language]("page.other_language_urgent").replace("'", "&#39;") in page


def test_after_a_decline_there_is_something_to_ask_the_surgeon() -> None:
    for language, t in TEXTS.items():
        view = View(t, texts=TEXTS)
        for each in (
            answer("declined", "No.", rule="dose"),
            answer("declined", "No.", rule="noise"),
            answer("not_found", "No."),
        ):
            page = view.log(conversation(each))
            assert t("surgeon.heading").replace("'", "&#39;") in page, language
        assert t("surgeon.heading").replace("'", "&#39;") not in view.log(conversation(ANSWERED))
    assert set(TABLES["en"]["surgeon"]["rules"]) <= {rule.id for rule in Scope.load().rules}


# -- in the browser


def test_the_language_is_switched_where_one_stands_and_an_urgent_card_with_it(visit, scripted) -> None:
    card = Triage.load().card(Verdict("cauda-equina"), SiteTexts(emergency_number="911"))
    scripted.urgent_answer = replace(URGENT, text=card, rule="cauda-equina")
    page = visit()
    page.fill("#box textarea", "half typed")
    ask(page, "I am numb down there", ".urgent")
    page.get_by_role("button", name="Español").click()
    expect(page.get_by_role("alert")).to_contain_text("Llame al 911 ahora. No espere.")
    expect(page.locator("html")).to_have_attribute("lang", "es")
    expect(page.get_by_label("Su pregunta")).to_be_visible()
    expect(page.locator("#send")).to_have_text("Enviar")
    assert page.title() == "Pregunte sobre su operación"
    page.get_by_role("button", name="Nueva charla").click()
    page.wait_for_selector(".examples")
    expect(page.locator(".start .notice")).to_contain_text("Los documentos están en inglés")
    expect(page.locator(".examples")).to_have_attribute("lang", "en")
    page.reload()  # the address keeps the choice
    page.wait_for_selector(".examples")
    expect(page.locator(".start h2")).to_have_text("¿Qué le gustaría saber?")
    scripted.urgent_answer = URGENT


def test_the_answer_stays_in_the_documents_language_and_is_marked_so(visit) -> None:
    page = visit(PHONE, "?lang=hi")
    expect(page.locator("html")).to_have_attribute("lang", "hi")
    ask(page, "When can I drive?", ".answered")
    expect(page.locator(".answered .kind")).to_have_text("दस्तावेज़ों से")
    expect(page.locator(".answered .words")).to_have_attribute("lang", "en")
    expect(page.locator(".answered .words")).to_contain_text("Most people drive again")
    page.locator(".marker").first.click()
    expect(page.locator(".chosen .tier")).to_contain_text("चिकित्सक ने जाँचा है · पिछली जाँच: 1 मार्च 2025")
    page.locator(".chosen .open").click()
    expect(page.locator("dialog.reader .about")).to_contain_text("यह दस्तावेज़ वैसा ही है")


def test_a_language_from_the_right_turns_the_page_round(browser, tmp_path: Path) -> None:
    (tmp_path / "xx.toml").write_text(pseudo(TABLES["en"]), encoding="utf-8")
    site = SITE.model_copy(update={"language": "xx", "texts": str(tmp_path)})
    with live(assistant(), tmp_path / "home", site=site) as running:
        page = browser.new_context(viewport=PHONE).new_page()
        page.goto(running.address)
        page.wait_for_selector(".examples")
        expect(page.locator("html")).to_have_attribute("dir", "rtl")
        new, name = page.locator("#new").bounding_box(), page.locator(".header h1").bounding_box()
        assert new
        assert name
        assert new["x"] < PHONE["width"] / 2  # the button is at the other side
        ask(page, "When can I drive?", ".answered")
        question = page.locator(".question").bounding_box()
        assert question
        assert question["x"] < 40
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        plain = page.evaluate(UNTRANSLATED)
        page.context.close()
    assert plain == []


# Every word on the page that is neither the documents' nor the visitor's, and that did not come out of the texts.
UNTRANSLATED = """() => {
  const walk = document.createTreeWalker(document.querySelector('.gradio-container'), NodeFilter.SHOW_TEXT), found = [];
  while (walk.nextNode()) {
    const node = walk.currentNode, parent = node.parentElement;
    if (!/\\p{L}{2}/u.test(node.textContent) || /[⟦⟧]/.test(parent.textContent)) continue;
    const theirs = '[lang=en], [lang=es], [lang=hi], .question, .text, .notice, .publisher';
    if (parent.closest(`${theirs}, script, style, [aria-hidden], #sheet`)) continue;
    found.push(node.textContent.trim());
  }
  return found;
}"""


def pseudo(tables: Mapping[str, Any]) -> str:
    """English texts in brackets as a language that is written from the right."""
    lines = []
    for name in names(tables):
        *tables_of, last = name.split(".")
        value = found(tables, name)
        marked = [f"⟦{one}⟧" for one in value] if isinstance(value, list) else f"⟦{value}⟧"
        plain = {"language": "xx", "direction": "rtl"}.get(last) if tables_of == ["page"] else None
        kept = (
            value
            if name == "dates.months" or tables_of == ["site", "known"] or not isinstance(value, str | list)
            else marked
        )
        lines.append(f"[{'.'.join(tables_of)}]\n{last} = {json.dumps(plain or kept, ensure_ascii=False)}")
    return merged(lines)


def merged(lines: list[str]) -> str:
    """The lines of one table together, as TOML wants them."""
    tables: dict[str, list[str]] = {}
    for line in lines:
        table, text = line.split("\n", 1)
        tables.setdefault(table, []).append(text)
    return "\n".join("\n".join([table, *texts]) for table, texts in tables.items())
