"""Content words, quantities, negation and hedges, counted by hand."""

from __future__ import annotations

from collections import Counter

import pytest

from app.asked import (
    asking,
    asks_for_list,
    asks_which,
    asks_yes_or_no,
    holds_kind,
    kind_asked,
    lacks_difference,
    lacks_figure,
    lacks_matter,
    only_whom_not,
    says_what_it_is,
    thing_asked,
    turning_points,
)
from app.language import (
    answers_only,
    content,
    hedges,
    leans_back,
    negations,
    quantities,
    says_whom_it_suits,
    says_whom_not,
    words,
)


def test_words_keep_numbers_and_split_hyphens() -> None:
    assert words("X-rays, 14.3 % and can’t") == ["x", "rays", "14.3 %", "and", "can't"]


def test_content_leaves_out_what_only_changes_a_claim() -> None:
    assert content("Screws are often not used within a few weeks") == ["screw", "use", "week"]


def test_quantities() -> None:
    assert quantities("two to 3 months, or several days") == Counter(
        {"2": 1, "3": 1, "month": 1, "several": 1, "day": 1}
    )
    assert quantities("1,000 people, 14.3 %") == Counter({"1000": 1, "14.3%": 1})


@pytest.mark.parametrize(
    ("text", "count"), [("can't", 1), ("It does not and never will", 2), ("It will", 0), ("without pain", 1)]
)
def test_negations(text: str, count: int) -> None:
    assert negations(text) == count


def test_hedges_are_groups_of_one_strength() -> None:
    assert hedges("It may often help") == {"possible": 1, "often": 1}
    assert hedges("It usually helps") == hedges("It often helps")
    assert hedges("It will always help") == {"certain": 2}


@pytest.mark.parametrize(
    ("question", "listed"),
    [
        ("What are the risks?", True),
        ("what kinds of brace are there", True),
        ("how likely are the risks", False),
        ("what are the costs of all the options", False),
        ("Is it dangerous?", False),
        ("tell me calmly everything that could go wrong", True),
        ("It went wrong, why?", False),
        ("walk me through the day, step by step", True),
        ("What sorts of plaster are there?", True),
        ("in which ways can it be done", True),
        ("Who is this operation for?", True),
        ("Who is the chap at the desk?", False),
        ("Which one is better for me?", False),
        ("Which side should I sleep on?", False),
        ("I feel out of sorts, is that normal?", False),
    ],
)
def test_a_question_for_a_list(question: str, listed: bool) -> None:
    assert asks_for_list(question) is listed


@pytest.mark.parametrize(
    ("question", "yes_or_no"),
    [
        ("Is it dangerous?", True),
        ("I am 80. Can I still walk?", True),
        ("what can it do", False),
        ("Walk how far?", False),
    ],
)
def test_a_question_that_yes_or_no_answers(question: str, yes_or_no: bool) -> None:
    assert asks_yes_or_no(question) is yes_or_no


@pytest.mark.parametrize(
    ("question", "text", "lacks"),
    [
        ("What does it cost?", "Ask the desk about the cost.", True),
        ("What does it cost?", "A night costs £900.", False),
        ("Is there anything less expensive?", "Ask the desk.", False),
        ("Who is in charge of the ward?", "A nurse runs it.", False),
        ("How likely is it to come loose?", "It may come loose.", True),
        ("How likely is it to come loose?", "It comes loose in 1 in 50.", False),
        ("How many screws are used?", "Screws hold the plate.", True),
        ("How many screws are used?", "Four long screws hold the plate.", False),
        ("How wide is the plate?", "The plate holds.", False),
    ],
)
def test_a_figure_that_no_source_holds_is_missed(question: str, text: str, lacks: bool) -> None:
    assert lacks_figure(question, text) is lacks


def test_a_sentence_that_leans_on_the_one_before() -> None:
    assert leans_back("They help the surgeon plan.")
    assert not leans_back("X-rays help the surgeon plan.")
    assert leans_back("It is less suitable for a broad foot.")
    assert not leans_back("It is important to keep the cast dry.")
    assert leans_back("For example, a cast may rub.")
    assert leans_back("In a small operation, this is done through short cuts.")
    assert leans_back("That is why the foot is raised.")
    for alone in (
        "After a small operation, the foot is raised.",
        "In addition to a cast, a boot may be worn.",
        "As a result of smoking, it heals more slowly.",
        "In those who smoke, the bone heals more slowly.",
        "If a screw becomes loose, this may need to be mended.",
    ):
        assert not leans_back(alone), alone


@pytest.mark.parametrize(
    ("sentence", "suits", "suits_not"),
    [
        ("A boot may be considered for people who have:", True, False),
        ("A cast is often recommended for conditions such as a crack.", True, False),
        ("It isn't suitable for children.", False, True),
        ("It is not always suitable for older people.", False, True),
        ("It is never recommended for children.", False, True),
        ("People who limp are not candidates for a boot.", False, True),
        ("It is generally less suitable when the heel is broad.", False, True),
        ("Walking is recommended for the first weeks.", False, False),
        ("Not everyone needs a boot.", False, False),
        ("Lifting is not recommended for six weeks.", False, False),
        ("The bone can be considered whole after a year.", False, False),
    ],
)
def test_whom_a_thing_suits_and_whom_it_does_not(sentence: str, suits: bool, suits_not: bool) -> None:
    assert (says_whom_it_suits(sentence), says_whom_not(sentence)) == (suits, suits_not)


@pytest.mark.parametrize("sentence", ["Often, but not always. A nail is used.", "Yes, by week two.", "No."])
def test_half_an_answer(sentence: str) -> None:
    assert answers_only(sentence)
    assert not answers_only("Nails are often used.")
    assert not answers_only("Often a nail is used to hold the bone while it heals, and it stays in for good.")


@pytest.mark.parametrize(
    ("question", "text", "lacks"),
    [
        ("When can I drive again?", "Many go back to desk work within weeks.", True),
        ("When can I drive again?", "You may drive once you can brake hard.", False),
        ("My sister gets a new knee. How long is her recovery?", "Recovery takes months.", True),
        ("Is it worse than a hip replacement?", "It hurts less than a hip replacement.", False),
        ("They took bone from my hip. Will it hurt?", "Bone graft can be the patient's own.", False),
        ("How long is recovery?", "Recovery takes months.", False),
        ("Can I have an MRI with rods in me?", "CT and MRI help to place implants.", True),
        ("Can I have an MRI with rods in me?", "An MRI is safe with most rods.", False),
        ("How long am I on the table for?", "Recovery takes months.", True),
        ("How many hours does the operation take?", "It takes two hours.", False),
        ("How long does it take after the operation?", "Recovery takes months.", False),
        ("Do the screws stay in for good?", "Screws and rods hold the bones.", True),
        ("Do the screws stay in for good?", "Screws are rarely removed.", False),
        ("Will the screws come loose?", "Implants may loosen.", False),
        ("Might I need somebody else's blood?", "Bleeding is a risk.", True),
        ("Is blood loss less?", "There is less blood loss.", False),
        ("Must I lose weight first?", "Ask your team.", True),
        ("We want another baby. Is it safe?", "A fused segment no longer moves.", True),
        ("I have two children. Who cares for them?", "The stay is short.", False),
        ("I have a child of three; may I carry the child?", "Lift nothing heavy.", False),
        ("How long does the fusion take to heal?", "It takes months.", False),
        ("How long is the operation?", "It takes months.", True),
        ("How long does the operation take to recover from?", "It takes months.", False),
        ("Can a screw come out after a fall?", "Implants may loosen.", False),
        ("Do the screws have to come out?", "Implants may loosen.", True),
        ("I'm allergic to cats. What are the risks?", "Infection is a risk.", False),
        ("Is there nickel in it?", "Rods are made of titanium.", True),
        ("When do I get my blood results?", "A sample is taken before.", False),
        ("Would they let me sit on a plane by then?", "Telemedicine helps those who travel.", True),
        ("When I fly home, how can the doctor look after me?", "Telemedicine helps those who travel.", False),
        ("How long do people wait for this operation?", "Recovery takes months.", True),
        ("How long must I wait before I can shower?", "You may shower after two days.", False),
        ("Am I too old at 83?", "Fusion may suit slipped vertebrae.", True),
        ("How old is this method?", "It is widely used.", False),
        ("Could I catch something off donor bone?", "Bone may be a donor's.", True),
        ("Can I catch an infection?", "Infection is a risk.", False),
        ("Her bones are like biscuits. Will a screw hold in that?", "Implants hold the bones still.", True),
        ("Are the bones held by screws?", "Implants hold the bones still.", False),
        ("Will I ride again? I like my horse.", "High-impact activity takes longer.", True),
        ("Will I feel the metal in winter?", "Rods are made of titanium.", True),
        ("Dad can't do number two since the op.", "Walk every day.", True),
        ("How do I avoid getting constipated?", "Some medicines slow the bowels.", False),
        ("Can I ride a bicycle?", "A stationary bicycle is fine after six weeks.", False),
        ("Can I ride a bus home?", "Go home after a short stay.", False),
        ("What is the waiting time before I can shower?", "You may shower after two days.", False),
        ("How long must I wait for my operation after an injection?", "Three months lie between.", False),
        ("Could I catch something in the hospital?", "Infection is a risk.", False),
        ("Could I catch something from a dead person's bone?", "Bone may be a donor's.", True),
        ("My MRI is a year old. Is that too old?", "An MRI should be recent.", False),
        ("When can I climb a flight of stairs?", "You can climb stairs on the first day.", False),
        ("For aching legs, is cold or heat better?", "Ice helps.", False),
        ("A lady at my swimming class asked: do they go by the picture only?", "Pictures must match.", True),
        ("I met her at my swimming class. Do they go by the picture only?", "Pictures must match.", False),
        ("I smoke ten a day. Must I quit?", "Bones take time.", True),
        ("Does the magazine vouch for its clinics?", "Patients report relief.", True),
    ],
)
def test_a_matter_that_no_source_names_is_missed(question: str, text: str, lacks: bool) -> None:
    assert lacks_matter(question, text) is lacks


@pytest.mark.parametrize(
    ("question", "lacks"),
    [
        ("olif or tlif whats the difference", True),
        ("What is the difference between TLIF and the OLIF?", True),
        ("How does OLIF differ from TLIF?", True),
        ("difference from TLIF to OLIF please", True),
        ("How is open fusion different from keyhole fusion?", False),
        ("What is the difference between keyhole and open?", False),
        ("What is the difference between ALIF and OLIF?", False),
        ("What is the difference between arms and legs?", False),
        ("Is TLIF or OLIF done here?", False),
        ("Does it differ from person to person?", False),
        ("Will my arms and legs feel different after?", False),
        ("Are there different kinds of rods and screws?", False),
        ("My TLIF and OLIF were different. How long is recovery?", False),
    ],
)
def test_two_things_that_are_only_listed_are_not_told_apart(question: str, lacks: bool) -> None:
    text = (
        "Others are MIS-TLIF, OLIF and more. TLIF or OLIF may do. Keyhole fusion is small. Open surgery is not. It varies from "
        "person to person. Rods and screws hold.\nALIF goes in from the front, whereas OLIF does not. Unlike arms, legs are long."
    )
    assert lacks_difference(question, text.replace("ALIF goes in from the front, whereas OLIF does not.", "")) is lacks
    assert not lacks_difference("How does ALIF differ from OLIF?", text)
    assert not lacks_difference("How does OLIF differ from TLIF?", f"{text} TLIF reaches it from behind.")


@pytest.mark.parametrize(
    ("question", "text", "turns"),
    [
        ("Who gets turned down?", "It is less suitable for a broad foot.", True),
        ("For which people is the small cut not the right thing?", "It is less suitable for a broad foot.", True),
        ("People say I have no rights. Is it a good clinic?", "It is less suitable for a broad foot.", False),
        ("My claim was turned over; what now?", "It is less suitable for a broad foot.", False),
        ("Is there anything else to try?", "A cast is an alternative.", True),
        ("How can I avoid pain after surgery?", "A cast is an alternative.", False),
        ("Must they go in a second operation?", "Revision may be needed.", True),
        ("Will the pain be gone for good?", "The nail is permanent.", False),
        ("Will I be fully asleep?", "It is done under anaesthesia.", True),
        ("My foot falls asleep, why?", "It is done under anaesthesia.", False),
        ("What can I not do?", "Avoid running.", True),
        ("What if I can't sleep?", "Avoid running.", False),
        ("asleep or awake for it?", "It is done under anaesthesia.", True),
        ("for which people is it not the best choice", "It is less suitable for a broad foot.", True),
        ("could they have to go in a second time", "Revision may be needed.", True),
        ("do they scan u while ur still under", "Real-time pictures guide the tools.", True),
        ("is it true the bones above and below suffer", "Adjacent joints carry more.", True),
        ("I put it in the box above the fridge, is that decent?", "Adjacent joints carry more.", False),
        ("Who'd they rather not do it on?", "It is less suitable for a broad foot.", True),
        ("when is a nail not a good idea", "It is less suitable for a broad foot.", True),
        ("what sort of people do they turn away?", "It is less suitable for a broad foot.", True),
        ("for whom is the small nail less suitable", "It is less suitable for a broad foot.", True),
        ("are such people considered or shut out?", "It is less suitable for a broad foot.", False),
        ("I'd rather not drive. Who can fetch me?", "It is less suitable for a broad foot.", False),
        ("can they just free the nerve and leave the rest be", "Decompression alone may do.", True),
        ("is the small cut trickier for the surgeon", "It is technically demanding.", True),
        ("is it hard to sleep afterwards", "It is technically demanding.", False),
        ("is it difficult to do the housework", "It is technically demanding.", False),
        ("Is it for people who can't walk far?", "It is less suitable for a broad foot.", False),
        ("only clear water before the operation?", "Decompression alone may do.", False),
        ("I was told no lifting?", "It is less suitable for a broad foot.", False),
        ("Was cancer ruled out on my scan?", "It is less suitable for a broad foot.", False),
        ("Is it not a good idea to drive?", "It is less suitable for a broad foot.", False),
        ("Should I turn away while the dressing comes off?", "It is less suitable for a broad foot.", False),
        ("what I want to know is, will it hurt", "It depends on your preferences.", False),
        ("is this clinic the right one for my back", "A picture confirms the level.", False),
        ("I hope to see my grandson walk, will I?", "The ideal result is a bridge of bone.", False),
        ("does he give you his word that it holds", "A result cannot be promised.", True),
        ("how do they know they are at the right bone", "A picture confirms the level.", True),
        ("does it count what I would like", "It depends on your preferences.", True),
        ("who should NOT get the small cut", "It is less suitable for a broad foot.", True),
        ("They say the joints above wear out. Any truth in it?", "Adjacent joints carry more.", True),
        ("what do they hope to see on the film", "The ideal result is a bridge of bone.", True),
    ],
)
def test_what_a_question_turns_on(question: str, text: str, turns: bool) -> None:
    assert any(point.search(text) for point in turning_points(question)) is turns


@pytest.mark.parametrize(
    ("question", "kind", "held", "not_held"),
    [
        ("How soon can I lift the cat?", "time", "Lifting waits for six weeks.", "Lift nothing heavy."),
        ("how many staples do they put in", "count", "The cut is closed with ten staples.", "Staples close the cut."),
        ("does the side way hurt less than the back way", "comparison", "It hurts less than the other.", "It hurts."),
        ("what is the plate made of", "material", "Plates of titanium are used.", "A plate is put in front."),
        ("why do I have to lie flat", "why", "You lie flat so that the leak closes.", "You lie flat for a day."),
        ("how wide is the cut", "count", "The cut is 3 cm wide.", "The cut is wide."),
        ("what share of them, in percent", "share", "It helps in 80 % of them.", "It helps most of them."),
        (
            "When the plate is in, wich heals quicker, neck or back?",
            "comparison",
            "Necks heal sooner than backs.",
            "Backs heal.",
        ),
        ("what does it cost", "cost", "It costs £900.", "Ask the desk what it costs."),
        ("how much can I lift", "count", "Lift five bags.", "Lift little."),
        ("How much can I lift? Is a cheap belt enough?", "count", "Lift five bags.", "Lift little."),
        ("how long is it compared to the old way", "time", "It takes an hour.", "It takes long."),
        (
            "how much do you bleed compared with the long cut",
            "comparison",
            "You bleed less than with it.",
            "You bleed.",
        ),
    ],
)
def test_the_kind_of_thing_that_alone_would_answer(question: str, kind: str, held: str, not_held: str) -> None:
    assert kind_asked(question) == kind
    assert holds_kind(kind, held)
    assert not holds_kind(kind, not_held)


def test_who_asks_for_both_sides_gets_both() -> None:
    assert only_whom_not("For whom is a nail not such a good idea?")
    assert not only_whom_not("Who is a nail right for, and who is it not right for?")
    assert not only_whom_not("Who is suited to a nail? When is it not a good idea?")


@pytest.mark.parametrize(
    ("question", "which"),
    [
        ("Is it done from the front or the back?", True),
        ("Where do they go in?", True),
        ("Is it done from the front?", False),
    ],
)
def test_which_of_several_things_it_is(question: str, which: bool) -> None:
    assert asks_which(question) is which


def test_nothing_in_particular_is_asked_for() -> None:
    assert kind_asked("tell me about the brace") is None


def test_a_story_asks_nothing_but_its_question_does() -> None:
    story = "My uncle waited how long, nobody knows. He is 80! Is the brace heavy?"
    assert asking(story) == "Is the brace heavy?"
    assert kind_asked(story) is None
    assert asking("He pays a fortune. How long is it?") == "How long is it?"
    assert asking("It lasts for ever, they say. Is that true?") == "It lasts for ever, they say. Is that true?"
    assert asking("I had mine in May. and the cat, when") == "and the cat, when"
    assert asking("") == ""


@pytest.mark.parametrize(
    ("question", "named"),
    [
        ("what is a cast", ("cast",)),
        ("My doctor says splint, what is that?", ("splint",)),
        ("What exactly is a walking boot then?", ("walk", "boot")),
        ("wat does traction mean", ("traction",)),
        ("what's that", ()),
        ("what are the best ways to keep a plaster cast dry", ()),
        ("how long is the cast worn", ()),
    ],
)
def test_a_question_that_asks_what_a_thing_is_names_it(question: str, named: tuple[str, ...]) -> None:
    assert thing_asked(question) == named


@pytest.mark.parametrize(
    ("sentence", "says"),
    [
        ("A cast is a stiff shell around a limb.", True),
        ("A plaster shell (cast) means that the limb is held still.", True),
        ("A cast is often worn for six weeks.", False),
        ("The doctor who puts on the cast is a surgeon.", True),  # the subject holds the name: words tell no more
        ("Keep it dry: water is the enemy of a cast.", False),
    ],
)
def test_a_sentence_that_says_what_a_thing_is(sentence: str, says: bool) -> None:
    assert says_what_it_is(sentence, ("cast",)) is says
