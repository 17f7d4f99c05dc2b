from hypothesis import given
from hypothesis import strategies as st

from firmtrack.domain.identifiers import Eui64, RequestId
from firmtrack.domain.viewer import Viewer
from tests.unit.domain.strategies import eui64s, request_ids


@given(st.lists(eui64s, max_size=4), request_ids)
def test_a_party_sees_exactly_what_one_of_its_user_ids_originated(
    user_ids: list[Eui64], request_id: RequestId
) -> None:
    viewer = Viewer.of_user_ids("ada@alpha.example", user_ids)

    assert viewer.may_see(request_id) == (request_id.originator in user_ids)
    for user_id in user_ids:
        assert viewer.may_see(request_id._replace(originator=user_id))


@given(eui64s, request_ids)
def test_being_the_target_of_a_request_lets_nobody_see_it(
    user_id: Eui64, request_id: RequestId
) -> None:
    viewer = Viewer.of_user_ids("ben@bravo.example", [user_id])
    another = request_id._replace(originator=Eui64(user_id ^ 1), target=user_id)

    assert not viewer.may_see(another)


@given(request_ids)
def test_dcc_sees_all(request_id: RequestId) -> None:
    assert Viewer.of_dcc("operator@dcc.example").may_see(request_id)


@given(request_ids)
def test_a_party_without_user_ids_sees_nothing(request_id: RequestId) -> None:
    assert not Viewer.of_user_ids("new@charlie.example", []).may_see(request_id)


@given(eui64s)
def test_what_was_sent_to_nobody_only_dcc_sees(user_id: Eui64) -> None:
    ada = Viewer.of_user_ids("ada@alpha.example", [user_id])

    assert ada.is_party_to(user_id)
    assert not ada.is_party_to(Eui64(user_id ^ 1))
    assert not ada.is_party_to(None)
    assert Viewer.of_dcc("operator@dcc.example").is_party_to(None)
