"""Small documents with a text layer."""

from baozhen.foundation.clock import now
from baozhen.foundation.drawing import document_overlay
from baozhen.foundation.sealing.parties import PartyOrder, accept, organization_party, sign_party
from baozhen.signing.certificates.queries import bound_certificates
from baozhen.signing.organizations.queries import root_unit
from baozhen.trust.pdf.overlay import TextItem


def text_pdf(text):
    """Return one page that says `text` in our fonts."""
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>",
    ]
    out = bytearray(b"%PDF-1.7\n")
    places = []
    for number, content in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    start = len(out)
    out += b"xref\n0 4\n0000000000 65535 f \n"
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer\n<</Size 4/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % start
    item = TextItem(0, (40.0, 700.0, 550.0, 800.0), text)
    return document_overlay().draw(bytes(out), [item], at=now().replace(microsecond=0)).data


def sealed_pdf(text):
    """Return one page that says `text`, signed by the insurer."""
    at = now().replace(microsecond=0)
    party = organization_party(bound_certificates(root_unit(), at), at=at)
    return sign_party(accept(text_pdf(text)), party, PartyOrder("Company", at, "签署")).data
