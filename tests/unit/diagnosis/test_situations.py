from tests.unit.diagnosis.situations import GROUPS, PAGE, SITUATIONS, prose


def test_the_reviewed_page_says_what_firmtrack_says() -> None:
    assert PAGE.read_text(encoding="utf-8") == prose(), (
        "run `python -m tests.unit.diagnosis.situations`, and read every line that changes"
    )


def test_every_situation_has_a_name_of_its_own() -> None:
    assert len(SITUATIONS) == sum(len(group) for group in GROUPS.values())


def test_each_situation_stands_in_the_group_of_its_completion_status() -> None:
    for title, group in GROUPS.items():
        completions = {each.distribution.completion for each in group.values()}
        assert completions == {title.lower().replace(" ", "_")}
