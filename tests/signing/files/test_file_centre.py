"""The file centre: register, find, hand out copies on record."""

import pytest
from django.db import connection, transaction

from baozhen.foundation.audit.models import AuditEntry
from baozhen.foundation.clock import now
from baozhen.foundation.storage import get_storage
from baozhen.signing.files.errors import (
    FileUnknown,
    LinkRefused,
    PrintLimitReached,
    SearchMalformed,
)
from baozhen.signing.files.models import ArchiveItem, FileCopy, FileEntry
from baozhen.signing.files.search import Wanted, file_of, find_files, printed
from baozhen.signing.files.services import (
    CopyOrder,
    Document,
    FileFacts,
    Involved,
    LinkOrder,
    archive_many,
    end_link,
    index_files,
    make_black_copy,
    make_link,
    make_print,
    read_copy_mark,
    register_file,
    register_files,
    take_by_link,
)
from baozhen.signing.files.words import asked_tokens, tokens_of
from baozhen.signing.organizations.queries import root_unit
from baozhen.signing.organizations.services.units import UnitFacts, create_unit
from baozhen.signing.organizations.states import UnitKind
from tests.signing.files.making import text_pdf

pytestmark = pytest.mark.django_db
PERSON = "测试欣"


@pytest.fixture
def branch(platform):
    facts = UnitFacts(name="示例分公司", kind=UnitKind.BRANCH, parent=root_unit())
    return create_unit(facts, actor="test", at=now())


def enter(pdf, unit, *, title="车险投保单", dossier="env_1", **more):
    at = now()
    sha256 = get_storage().put(pdf)
    document = Document(
        dossier=dossier,
        kind="envelope",
        subject_type="envelope_document",
        subject_id=1,
        sha256=sha256,
        size=len(pdf),
    )
    known = {"document_type": "application", "signed_at": at}
    with transaction.atomic():
        archive_many([document], actor="test", at=at)
        return register_file(
            FileFacts(dossier=dossier, sha256=sha256, unit=unit, title=title, **known | more), at=at
        )


def found(unit, **wanted):
    return list(find_files(Wanted(**wanted), units=[unit.pk]))


@pytest.fixture
def entry(platform):
    row = enter(
        text_pdf(f"本合同由{PERSON}签署，承保新能源汽车充电桩损失。保单号 PDAA202611000123"),
        root_unit(),
        biz_no="BIZ-2026-77",
        parties=(Involved(name=PERSON, numbers=("110199199001011017",)),),
    )
    index_files([row.pk])
    return FileEntry.objects.get(pk=row.pk)


@pytest.mark.requirement("S2-L160.d1")
@pytest.mark.parametrize(
    "wanted",
    [
        {"words": "投保单"},
        {"words": "充电桩"},
        {"words": "桩"},
        {"words": "新能源 损失"},
        {"words": "PDAA202611000123"},
        {"words": "000123"},
        {"party": PERSON},
        {"party": "110199199001011017"},
        {"number": "BIZ-2026-77"},
        {"document_type": "application"},
    ],
)
def test_a_file_is_found(entry, wanted):
    assert found(entry.unit, **wanted) == [entry]


@pytest.mark.parametrize(
    "wanted",
    [{"words": "健康险"}, {"words": PERSON}, {"party": "测试某"}, {"document_type": "policy"}],
)
def test_another_is_not_and_names_are_no_words(entry, wanted):
    assert found(entry.unit, **wanted) == []


def test_blanks_are_no_words(entry):
    with pytest.raises(SearchMalformed):
        found(entry.unit, words="，。")


@pytest.mark.requirement("S2-L160.d2")
def test_only_files_of_ones_own_units_are_seen(entry, branch):
    assert found(branch, words="投保单") == []
    with pytest.raises(FileUnknown):
        file_of(entry.public_id, units=[branch.pk])
    assert file_of(entry.public_id, units=[entry.unit_id]) == entry


def test_the_index_holds_no_words_and_the_row_no_name(entry):
    with connection.cursor() as cursor:
        cursor.execute("SELECT row_to_json(f)::text FROM files_fileentry f")
        stored = cursor.fetchone()[0]
    assert PERSON not in stored
    assert "充电" not in stored
    assert asked_tokens("充电桩")
    assert set(asked_tokens("充电桩")) <= set(entry.tokens)


def test_numbers_of_people_stay_out_of_the_words():
    assert not set(asked_tokens("110199199001011017")) & set(tokens_of(["证件110199199001011017"]))
    assert set(asked_tokens("123456789")) <= set(tokens_of(["编号123456789"]))


def test_registering_again_changes_nothing(entry):
    facts = FileFacts(
        dossier="env_1",
        sha256=entry.sha256,
        unit=entry.unit,
        title="别的",
        document_type="x",
        signed_at=now(),
    )
    with transaction.atomic():
        assert register_files([facts, facts], at=now()) == [entry, entry]
    assert FileEntry.objects.get().title == "车险投保单"
    assert ArchiveItem.objects.filter(dossier="env_1").count() == 1


@pytest.mark.requirement("S2-L622")
def test_a_black_copy_names_who_got_it_and_can_be_read_back(entry):
    made = make_black_copy(
        entry, CopyOrder(recipient="客服李工", reason="核对"), actor="t", at=now()
    )
    mark, copy = read_copy_mark(made.data)
    assert (mark.recipient, mark.number) == ("客服李工", made.copy.number)
    assert copy == made.copy
    assert made.data != get_storage().get(entry.sha256)
    FileCopy.objects.all().update(number="B20260101XXXXXXXXXX")
    assert read_copy_mark(made.data)[1] is None
    assert AuditEntry.objects.filter(action="file_entry.copied", subject_id=entry.pk).count() == 1


@pytest.mark.requirement("S2-L160.d4")
def test_prints_are_numbered_counted_and_limited(entry, settings):
    settings.BAOZHEN_PRINTS_MAX = 2
    order = CopyOrder(recipient="经办", reason="法院调取")
    link = "http://127.0.0.1/p/{number}"
    first = make_print(entry, order, link=link, actor="t", at=now())
    second = make_print(entry, order, link=link, actor="t", at=now())
    assert (first.copy.count, second.copy.count) == (1, 2)
    assert first.copy.number != second.copy.number
    assert first.data.startswith(b"%PDF")
    assert printed(first.copy.number) == first.copy
    assert printed("P20260101AAAAAAAAAA") is None
    with pytest.raises(PrintLimitReached):
        make_print(entry, order, link=link, actor="t", at=now())
    assert FileCopy.objects.count() == 2


def test_a_link_serves_once_from_its_network_and_in_its_time(entry):
    order = LinkOrder(recipient="核心系统", networks=("10.1.0.0/16",))
    link, token = make_link(entry, order, actor="t", at=now())
    for address in ("10.2.0.1", None):
        with pytest.raises(LinkRefused):
            take_by_link(token, address=address, at=now())
    with pytest.raises(LinkRefused):
        take_by_link(token, address="10.1.0.1", at=link.expires_at)
    taken = take_by_link(token, address="10.1.0.1", at=now())
    assert taken.data == get_storage().get(entry.sha256)
    assert taken.copy.address == "10.1.0.1"
    with pytest.raises(LinkRefused):
        take_by_link(token, address="10.1.0.1", at=now())


def test_an_ended_link_serves_no_more(entry):
    link, token = make_link(entry, LinkOrder(recipient="核心", uses_max=None), actor="t", at=now())
    assert take_by_link(token, address=None, at=now())
    assert take_by_link(token, address=None, at=now())
    end_link(link.pk, actor="t", at=now())
    with pytest.raises(LinkRefused):
        take_by_link(token, address=None, at=now())
