"""People who hold policies: a subject whose identity is known, signed in on a test client."""

from datetime import timedelta

from baozhen.faces.mobile.holders import HOLDER
from baozhen.foundation.clock import now
from baozhen.signing.identity.services.subjects import SubjectFacts, register_subject
from baozhen.signing.identity.states import SubjectKind

STRANGER = {"name": "测试乙", "id_no": "110199199009202025", "mobile": "16100000002"}


def subject_of(party):
    """Return the subject of a party of a proposal, or of any facts of that shape."""
    facts = SubjectFacts(
        kind=SubjectKind.PERSON,
        name=party["name"],
        id_no=party["id_no"],
        mobile=party["mobile"],
    )
    return register_subject(facts, actor="test", at=now())


def sign_in(client, subject):
    """Begin a holder's session, as the sign-in page does when the code is right."""
    session = client.session
    session[HOLDER] = {
        "subject": subject.public_id,
        "began": now().isoformat(),
        "until": (now() + timedelta(minutes=30)).isoformat(),
    }
    session.save()
    return client
