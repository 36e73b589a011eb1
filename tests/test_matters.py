"""Matters by meaning: the shipped classifier on questions that it was not taught with, and what counts as named."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from app.asked import lacks_matter, names_matter
from app.language import english
from app.matters import FILE, NONE, About, Matters, examples
from corpus.errors import SpinewiseError
from index.embed import Embedder, embedder_of
from index.settings import IndexSettings

HELD = Path(__file__).parent / "matter_questions.tsv"
SURE = 0.5


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return embedder_of(IndexSettings.load("index"))


def test_the_shipped_weights_are_of_the_shipped_embedder(embedder: Embedder) -> None:
    assert Matters.load().classifier.checksum == embedder.checksum, (
        "the embedder has changed: run python -m app.matters"
    )


def test_every_label_is_a_matter_an_aspect_or_none() -> None:
    labels = set(Matters.load().classifier.labels)
    assert labels <= english().matters.keys() | english().aspects.keys() | {NONE}
    assert {label for label, _ in examples()} == labels


def test_questions_that_it_was_not_taught_with(embedder: Embedder) -> None:
    """By three other hands than the examples; floors a little below what was measured."""
    rows = [line.split("\t") for line in HELD.read_text(encoding="utf-8").splitlines()]
    assert not {question for _, question in rows} & {question for _, question in examples()}
    matters, lists = Matters.load(), english()
    vectors = embedder.encode([question for _, question in rows], "query")
    abouts = [matters.about(vector, embedder.checksum) for vector in vectors]
    found = [(about.unnamed("Nothing is said of it.") or 0.0) >= SURE for about in abouts]
    matter = [one for one, (label, _) in zip(found, rows, strict=True) if label in lists.matters]
    other = [one for one, (label, _) in zip(found, rows, strict=True) if label not in lists.matters]
    assert sum(matter) / len(matter) > 0.44
    assert sum(other) / len(other) < 0.03
    aspects = [(about, label) for about, (label, _) in zip(abouts, rows, strict=True) if label in lists.aspects]
    assert sum(lists.aspects[label][1] in about.meant for about, label in aspects) / len(aspects) > 0.7


@pytest.mark.parametrize(
    ("question", "text", "lacks"),
    [
        ("does the metal ache come winter", "Rods are made of titanium.", True),
        ("does the metal ache come winter", "Some feel the implant in cold weather.", False),
        ("when may we be intimate again, my wife and i", "Many people walk within a day.", True),
        ("will he be too old for it at 88", "Fusion suits slipped vertebrae.", True),
        ("who will help me pull on my socks, I live alone", "Many people walk within a day.", True),
        ("how long does recovery take", "Recovery takes months.", False),
        ("what are the risks", "Infection is a risk.", False),
    ],
)
def test_a_matter_is_unnamed_where_no_text_names_it(question: str, text: str, lacks: bool, embedder: Embedder) -> None:
    vector = embedder.encode([question], "query")[0]
    unnamed = Matters.load().about(vector, embedder.checksum).unnamed(text)
    assert unnamed is not None
    assert (unnamed >= SURE) is lacks


@pytest.mark.parametrize(
    ("matter", "named", "not_named"),
    [
        ("airport_gate", "A metal detector may beep.", "An MRI is safe with titanium."),
        ("mri_with_metal", "An MRI is safe with titanium.", "Airport security may stop you."),
        ("height", "You may be an inch shorter.", "Keyhole surgery means a shorter stay."),
        ("dentist", "See your dentist first.", "The breathing tube may damage a tooth."),
        ("transfusion", "Some donate their own blood.", "The graft has its own blood supply."),
        ("rejection", "The immune system may react to it.", "Tablets that damp down the immune system raise the risk."),
        ("closing_the_wound", "Skin strips fall off alone.", "Strips of bone are laid beside the spine."),
        ("weight", "Weighing less helps.", "Put no weight-bearing load on it."),
        ("cost", "The fee is Rs 200,000.", "Do not lift more than 10 pounds."),
        ("surgeon_experience", "Ask how many operations a year they do.", "Many people experience less pain."),
        ("what_to_bring", "Bring your own slippers.", "Surgery may bring relief."),
        ("heat_and_ice", "An ice pack may help.", "Warmth around the wound is a sign of infection."),
        ("manual_therapy", "Massage is fine later.", "Surgeons manipulate the nerve."),
        ("heart_disease", "Tell the anaesthetist about a stent.", "It was heartening."),
        ("aids_at_home", "A long-handled grabber helps.", "Early aid is best."),
        ("tiredness", "Many feel worn out for weeks.", "Discs wear out."),
        ("donor_site_pain", "The iliac crest may ache.", "Bone graft is added."),
        ("lifting_weight", "Lift no more than 5 kg.", "Avoid heavy lifting."),
        ("stockings", "You wear compression stockings.", "The nerves are decompressed."),
        ("dressing", "The dressing comes off after a week.", "Dress comfortably."),
        ("cold_before", "With a cold the operation may be postponed.", "Cold weather does no harm."),
        ("jewellery", "Take off all piercings.", "A ring of bone is cut."),
        ("cannabis", "CBD may slow healing.", "Smoking slows healing."),
        ("drain", "A drain is taken out on the second day.", "It leaves little strength."),
        ("pets", "Have somebody walk the dog.", "A category of its own."),
        ("mood", "Low mood is common.", "The lower back."),
        ("sitting", "Sit for half an hour at most.", "The site is cleaned."),
        ("nausea", "Some vomit afterwards.", "Sick leave is six weeks."),
        ("awareness", "Waking up during the operation is rare.", "Beware of falls."),
        ("death", "Deaths are rare.", "The diet is light."),
        ("material", "Rods are made of titanium.", "The material is discussed beforehand."),
        ("help_at_home", "A raised toilet seat helps.", "Someone with a family history needs advice."),
    ],
)
def test_what_names_a_matter(matter: str, named: str, not_named: str) -> None:
    assert names_matter(matter, named)
    assert not names_matter(matter, not_named)


def test_a_matter_without_telltale_words_is_asked_about_in_no_question() -> None:
    asked, held = english().matters["sick_note"]
    assert not asked.search("sick note")
    assert held.search("Your doctor writes a sick note.")
    assert names_matter("sick_note", "Your doctor writes a sick note.")


def test_another_embedder_has_no_opinion() -> None:
    matters = Matters.load()
    vector = np.ones(matters.classifier.weights.shape[1], dtype=np.float32)
    about = matters.about(vector, "another")
    assert (about.unnamed(""), about.meant, about.passes_by("age")) == (None, (), False)


def test_what_is_meant_and_what_no_text_names() -> None:
    about = About({"asleep": 0.6, "again": 0.15, "sick_note": 0.1, NONE: 0.15})
    (held,) = about.meant
    assert held.search("It is done under anaesthesia.")
    assert (about.unnamed("Nothing is said of it."), about.unnamed("Ask for a sick note.")) == (0.1, 0.0)


def test_a_matter_of_the_story_is_passed_by_where_the_question_is_about_another() -> None:
    about = About({"asleep": 0.9, "dentist": 0.01, "smoking": 0.3, NONE: 0.05})
    assert about.passes_by("dentist")
    assert about.passes_by("mri")  # which the classifier does not know
    assert not about.passes_by("smoking")
    assert not About({"scar": 0.6, NONE: 0.4}).passes_by("tattoo")
    question = "Am I asleep for it? My dentist did it awake."
    assert lacks_matter(question, "Nothing is said of it.")
    assert not lacks_matter(question, "Nothing is said of it.", about.passes_by)
    assert lacks_matter("Can I see my dentist?", "Nothing is said of it.", about.passes_by)


def test_a_matter_that_the_word_lists_lack_is_refused(tmp_path: Path) -> None:
    classifier = Matters.load().classifier
    path = tmp_path / "matters.npz"
    replace(classifier, labels=("juggling", *classifier.labels[1:])).save(path, [])
    with pytest.raises(SpinewiseError, match="knows the matter juggling"):
        Matters.load(path)


def test_a_damaged_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "matters.npz"
    path.write_bytes(FILE.read_bytes()[:100])
    with pytest.raises(SpinewiseError, match=r"can't read .*matters\.npz"):
        Matters.load(path)
