import pytest

from firmtrack.presentation.browsers import browser_text

_MOZILLA = "Mozilla/5.0"
_CHROME = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0"


@pytest.mark.parametrize(
    ("user_agent", "text"),
    [
        (f"{_MOZILLA} (Windows NT 10.0; Win64; x64; rv:145.0) Firefox/145.0", "Firefox on Windows"),
        (f"{_MOZILLA} (Windows NT 10.0) {_CHROME} Safari/537.36 Edg/142.0", "Edge on Windows"),
        (f"{_MOZILLA} (Linux; Android 10; K) {_CHROME} Mobile Safari/537.36", "Chrome on Android"),
        (
            f"{_MOZILLA} (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1",
            "Safari on iPhone",
        ),
        ("python-requests/2.32", "another browser"),
        ("", "another browser"),
    ],
)
def test_a_browser_is_named_as_people_know_it(user_agent: str, text: str) -> None:
    assert browser_text(user_agent) == text
