"""Versions of tables: imported as CSV, approved by another person, in force from their day."""

import csv
import io
from contextlib import suppress
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from baozhen.foundation.audit.queries import entries_of
from baozhen.foundation.clock import SHANGHAI
from baozhen.foundation.errors import IllegalMove
from baozhen.insurance.disclosures.services.freezing import solvency_in_force
from baozhen.insurance.products import errors
from baozhen.insurance.products import kinds as kinds_module
from baozhen.insurance.products.cells import cells_of, changes, read_csv, write_csv
from baozhen.insurance.products.kinds import Kind, install_kind, kinds
from baozhen.insurance.products.models import TableVersion
from baozhen.insurance.products.offers import filings
from baozhen.insurance.products.queries import (
    content_on,
    filings_on,
    products_on,
    solvency_on,
    tables_of,
    tables_on,
)
from baozhen.insurance.products.rating import quote, replay, request_from_json
from baozhen.insurance.products.services import (
    TableDraft,
    approve_version,
    import_table,
    reject_version,
    retire_version,
    store_shipped,
    submit_version,
)
from baozhen.insurance.products.states import TableState
from baozhen.insurance.products.tables import SHIPPED, load_table
from baozhen.insurance.proposals.intake import parse_proposal
from tests.insurance.products.quotes import request_json, scenario_1
from tests.insurance.proposal_forms import car

AT = datetime(2026, 11, 20, 10, tzinfo=SHANGHAI)
DAY = date(2026, 12, 1)
MAKER, CHECKER = "staff:actuary", "staff:chief"
SOLVENCY = {
    "quarter": "2026-Q4",
    "label": "2026年第4季度",
    "core_percent": "210.00",
    "comprehensive_percent": "240.00",
    "rating": "AA",
    "rating_quarter": "2026年第3季度",
    "is_sufficient": True,
    "link": "https://www.example.com/solvency/2026q4",
}


def csv_of(*rows: tuple[str, str]) -> bytes:
    made = io.StringIO()
    csv.writer(made).writerows(
        [("项目", "现行值", "新值"), *((path, "", value) for path, value in rows)]
    )
    return made.getvalue().encode()


def draft_of(table: str, *rows: tuple[str, str], **head) -> TableDraft:
    content = read_csv(csv_of(*rows), load_table(table))
    facts = {
        "version": "2026-12",
        "effective_from": DAY,
        "source": "测试批件〔2026〕1号",
        "confirmed": True,
    }
    return TableDraft(table=table, content=content, **(facts | head))


def codes_of(proposal, at):
    return {fault.code for fault in parse_proposal(proposal, at=at, tables_on=tables_on).faults}


B_200 = "covers/car/B/classes/family_under_6/2000000"


def approved(draft: TableDraft) -> TableVersion:
    version = import_table(draft, actor=MAKER, at=AT)
    submit_version(version.pk, actor=MAKER, at=AT)
    return approve_version(version.pk, actor=CHECKER, at=AT)


# --- Cells ---


@pytest.mark.parametrize("name", sorted(name for name, kind in kinds().items() if kind.shipped))
def test_a_table_comes_back_from_its_csv(name):
    content = kinds()[name].shipped()
    rows = list(csv.reader(io.StringIO(write_csv(content).removeprefix("\ufeff"))))
    assert len(rows) == len(cells_of(content)) + 1
    filled = io.StringIO()
    csv.writer(filled).writerows([rows[0], *([path, now, now] for path, now, _ in rows[1:])])
    again = read_csv(filled.getvalue().encode(), content)
    assert changes(content, again) == ()


def test_cells_are_changed_added_and_removed():
    table = load_table("commercial_rates")
    made = read_csv(
        csv_of(
            (B_200, "1000.00"),
            ("covers/car/B/classes/family_under_6/6000000", "1500.00"),
            ("covers/car/F4/amounts/20000", "删除"),
        ),
        table,
    )
    assert [(c.path, c.before, c.after) for c in changes(table, made)] == [
        (B_200, "922.08", "1000.00"),
        ("covers/car/B/classes/family_under_6/6000000", None, "1500.00"),
        ("covers/car/F4/amounts/20000", "1140.00", None),
    ]


def test_filings_come_from_the_products_table_in_force_and_each_clauses_has_one(database):
    path = "products/commercial_car/"
    approved(draft_of("products", (path + "filing_no", "测试备案〔2026〕9号")))
    assert filings_on(DAY)["commercial_car"] == "测试备案〔2026〕9号"
    assert filings_on(DAY - timedelta(days=1)) == filings(SHIPPED.products)
    twice = draft_of("products", (path + "clauses", "commercial_special"), version="2026-13")
    with pytest.raises(errors.TableInvalid, match="有且只有一个产品"):
        import_table(twice, actor=MAKER, at=AT)


def test_a_file_of_another_encoding_is_read():
    data = csv_of((B_200, "1000.00")).decode().encode("gb18030")
    assert changes(load_table("commercial_rates"), read_csv(data, load_table("commercial_rates")))


@pytest.mark.parametrize(
    ("table", "rows", "told"),
    [
        ("commercial_rates", [(B_200, "many")], "第 2 行“新值”：many 须为数字"),
        ("compulsory_base", [("classes/family/rows/0/2", "95.5")], "须为整数"),
        ("compulsory_base", [("classes/family/rows/9/2", "9")], "序号 9 不存在"),
        ("compulsory_base", [("classes/family/label/x", "9")], "不能再分"),
        ("compulsory_base", [("version", "9")], "不是表内的项目"),
        ("commercial_rates", [("nothing/here", "删除")], "没有 nothing/here 这一项"),
        ("commercial_rates", [("covers/car/F2/is_pure", "yes")], "true 或 false"),
    ],
)
def test_every_fault_names_its_line_and_column(table, rows, told):
    with pytest.raises(errors.CellsInvalid, match=told):
        read_csv(csv_of(*rows), load_table(table))


@pytest.mark.parametrize(
    "data", [b"", b"\xff\xfe\xff", "甲,乙,丙\n".encode(), "项目,现行值,新值\n一,二\n".encode()]
)
def test_what_is_no_such_csv(data):
    with pytest.raises(errors.CellsInvalid):
        read_csv(data, load_table("regions"))


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data):
    with suppress(errors.CellsInvalid):
        read_csv(data, {"a": {"b": "1"}})


# --- Versions ---


@pytest.mark.django_db(transaction=True)
class TestVersions:
    def test_a_version_is_in_force_from_its_day(self):
        version = approved(draft_of("commercial_rates", (B_200, "1000.00")))
        assert (version.state, version.approved_by) == (TableState.APPROVED, CHECKER)
        assert tables_on(DAY - timedelta(days=1)).versions == SHIPPED.versions
        newer = tables_on(DAY)
        assert newer.versions["commercial_rates"] == "2026-12"
        assert "commercial_rates" not in newer.unconfirmed
        rate = newer.rates.covers["car"]["B"].classes["family_under_6"]
        assert rate[2000000] == Decimal("1000.00")
        acts = [entry.action for entry in entries_of("table_version", version.pk)]
        assert sorted(acts) == [
            "table_version.approved",
            "table_version.draft",
            "table_version.submitted",
        ]

    def test_a_quote_of_old_versions_is_made_again(self):
        store_shipped(at=AT)
        stored = quote(request_from_json(scenario_1()), tables_on(DAY - timedelta(days=1))).stored()
        version = approved(draft_of("commercial_rates", (B_200, "1000.00")))
        changed = quote(request_from_json(scenario_1()), tables_on(DAY))
        # (1,000.00 - 922.08) × 0.51 = 39.74.
        assert changed.total_fen == 247395 + 3974
        assert replay(stored, tables_of(stored["versions"])).stored() == stored
        retire_version(version.pk, reason="费率有误", actor=CHECKER, at=AT)
        assert tables_on(DAY).versions["commercial_rates"] == "2026-DEMO"
        assert replay(changed.stored(), tables_of(changed.versions)).total_fen == changed.total_fen
        with pytest.raises(errors.TableUnknown):
            tables_of({"commercial_rates": "1999"})

    def test_proposals_are_judged_by_the_tables_of_their_day(self):
        scheme = [("schemes/D/2", "-0.40")]
        approved(draft_of("compulsory_floats", *scheme))
        proposal = car()
        proposal["submitted_at"] = "2026-11-30T09:00:00+08:00"
        at = AT + timedelta(days=30)
        assert "float_rate_not_filed" not in codes_of(proposal, at)
        proposal["submitted_at"] = "2026-12-01T09:00:00+08:00"
        assert "float_rate_not_filed" in codes_of(proposal, at)
        proposal["compulsory"] |= {"float_rate": "-0.4", "premium": "570.00"}
        assert not {"float_rate_not_filed", "compulsory_premium_wrong"} & codes_of(proposal, at)

    def test_nobody_approves_what_they_made(self):
        version = import_table(draft_of("commercial_rates", (B_200, "1.00")), actor=MAKER, at=AT)
        with pytest.raises(errors.TableNotSubmitted):
            approve_version(version.pk, actor=CHECKER, at=AT)
        submit_version(version.pk, actor=MAKER, at=AT)
        with pytest.raises(errors.TableSamePerson):
            approve_version(version.pk, actor=MAKER, at=AT)
        with pytest.raises(IntegrityError), transaction.atomic():
            TableVersion.objects.filter(pk=version.pk).update(
                state=TableState.APPROVED, approved_by=MAKER, approved_at=AT
            )

    def test_the_database_keeps_what_a_version_says(self):
        version = approved(draft_of("commercial_rates", (B_200, "1000.00")))
        with pytest.raises(IntegrityError), transaction.atomic():
            TableVersion.objects.filter(pk=version.pk).update(content={})
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("DELETE FROM products_tableversion WHERE id = %s", [version.pk])

    @pytest.mark.parametrize(
        ("head", "refusal"),
        [
            ({"version": " "}, errors.TablePeriodInvalid),
            ({"source": ""}, errors.TablePeriodInvalid),
            ({"effective_from": date(2026, 11, 19)}, errors.TablePeriodInvalid),
            ({"effective_to": date(2026, 11, 30)}, errors.TablePeriodInvalid),
            ({"table": "nothing"}, errors.TableUnknown),
        ],
    )
    def test_the_head_of_a_version_is_checked(self, head, refusal):
        draft = draft_of("commercial_rates", (B_200, "1000.00"))
        facts = {name: getattr(draft, name) for name in TableDraft.__dataclass_fields__} | head
        with pytest.raises(refusal):
            import_table(TableDraft(**facts), actor=MAKER, at=AT)
        assert not TableVersion.objects.exists()

    @pytest.mark.parametrize(
        ("table", "row", "told"),
        [
            ("vehicle_tax_regions", ("regions/11/passenger/0", "361"), "statutory range"),
            ("compulsory_base", ("classes/family/rows/0/1", "7"), "do not join"),
            ("commercial_factors", ("ncd_by_level/-4", "3"), "NCD"),
            ("commercial_rates", ("covers/car/B/method", "guess"), "method"),
            ("products", ("products/compulsory/norms/0", "无此法"), "目录"),
            ("commercial_rates", (B_200, "922.08"), "没有不同"),
        ],
    )
    def test_a_wrong_table_is_not_imported(self, table, row, told):
        with pytest.raises(errors.TableInvalid, match=told):
            import_table(draft_of(table, row), actor=MAKER, at=AT)

    def test_a_name_and_a_day_are_taken_once(self):
        approved(draft_of("commercial_rates", (B_200, "1000.00")))
        with pytest.raises(errors.TableVersionTaken):
            import_table(draft_of("commercial_rates", (B_200, "2000.00")), actor=MAKER, at=AT)
        second = draft_of("commercial_rates", (B_200, "2000.00"), version="2026-12b")
        version = import_table(second, actor=MAKER, at=AT)
        submit_version(version.pk, actor=MAKER, at=AT)
        with pytest.raises(errors.TableVersionTaken):
            approve_version(version.pk, actor=CHECKER, at=AT)
        with pytest.raises(errors.TableReasonMissing):
            reject_version(version.pk, reason=" ", actor=CHECKER, at=AT)
        reject_version(version.pk, reason="生效日重复", actor=CHECKER, at=AT)
        with pytest.raises(IllegalMove):
            submit_version(version.pk, actor=MAKER, at=AT)

    def test_what_waited_past_its_day_is_not_approved(self):
        version = import_table(draft_of("commercial_rates", (B_200, "1.00")), actor=MAKER, at=AT)
        submit_version(version.pk, actor=MAKER, at=AT)
        with pytest.raises(errors.TablePeriodInvalid):
            approve_version(version.pk, actor=CHECKER, at=AT + timedelta(days=30))

    def test_shipped_tables_are_kept_once(self):
        stored = store_shipped(at=AT)
        assert stored == TableVersion.objects.count()
        assert store_shipped(at=AT) == 0
        assert tables_on(DAY).versions == SHIPPED.versions
        row = TableVersion.objects.get(table="commercial_rates")
        assert (row.state, row.confirmed) == (TableState.APPROVED, False)

    def test_what_a_later_release_ships_waits_for_a_person(self, monkeypatch):
        monkeypatch.setattr(kinds_module, "_installed", dict(kinds_module._installed))

        def ship(version, value):
            head = {
                "table": "trial",
                "version": version,
                "jurisdiction": "CN",
                "region": "CN",
                "effective_from": "2020-09-19" if version == "1" else "2026-01-01",
                "source": "测试",
                "confirmed": True,
            }
            content = {**head, "value": value}
            install_kind(Kind("trial", "试验表", lambda _content, _others: None, lambda: content))
            return store_shipped(at=AT)

        stored = ship("1", 1)
        assert stored == len([kind for kind in kinds().values() if kind.shipped])
        assert ship("2", 2) == 1
        second = TableVersion.objects.get(table="trial", version="2")
        assert second.state == TableState.SUBMITTED
        assert content_on("trial", DAY)["value"] == 1
        approve_version(second.pk, actor=CHECKER, at=AT)
        assert content_on("trial", DAY)["value"] == 2
        # The same version with another content is a fault of the release.
        with pytest.raises(errors.TableVersionTaken):
            ship("2", 3)

    def test_a_product_is_sold_where_and_by_whom_it_is_filed(self):
        for path, value in (
            ("products/commercial_car/regions", '["31"]'),
            ("products/commercial_car/channels", '["internet"]'),
        ):
            with transaction.atomic():
                draft = draft_of("products", (path, value), version=path[-8:])
            content = dict(draft.content)
            day = DAY if path.endswith("regions") else DAY + timedelta(days=1)
            approved(
                TableDraft(
                    table="products",
                    version=path[-8:],
                    effective_from=day,
                    source="测试",
                    confirmed=True,
                    content=content,
                )
            )
        raw = request_json("car", quoted_on=DAY.isoformat())
        with pytest.raises(errors.ProductNotSold):
            quote(request_from_json(raw), tables_on(DAY))
        quote(request_from_json(raw | {"commercial": None}), tables_on(DAY))
        later = raw | {"quoted_on": (DAY + timedelta(days=1)).isoformat(), "channel": "telephone"}
        with pytest.raises(errors.ProductNotSold):
            quote(request_from_json(later), tables_on(DAY + timedelta(days=1)))
        assert products_on(DAY)["commercial_car"].regions == {"31"}
        assert products_on(DAY)["commercial_car"].norms

    def test_solvency_figures_are_entered_and_approved(self):
        assert solvency_on(DAY) is None
        draft = TableDraft(
            table="solvency",
            version="2026-Q4",
            effective_from=DAY,
            source="偿付能力报告摘要",
            confirmed=True,
            content=SOLVENCY,
        )
        version = import_table(draft, actor=MAKER, at=AT)
        assert solvency_on(DAY) is None
        submit_version(version.pk, actor=MAKER, at=AT)
        approve_version(version.pk, actor=CHECKER, at=AT)
        assert solvency_on(DAY)["core_percent"] == "210.00"
        # The proposal form shows what was entered, from its day on.
        assert solvency_in_force(DAY).quarter == "2026-Q4"
        assert solvency_in_force(DAY - timedelta(days=1)).quarter == "2026-Q3"
        assert solvency_on(DAY - timedelta(days=1)) is None
        with pytest.raises(errors.TableUnknown):
            content_on("solvency", DAY - timedelta(days=1))

    @pytest.mark.parametrize(
        "change",
        [
            {"core_percent": "49.00"},
            {"core_percent": "300.00"},
            {"core_percent": "many"},
            {"rating": "C"},
            {"rating": "Z"},
            {"quarter": "2026-Q5"},
            {"link": "http://www.example.com"},
        ],
    )
    def test_wrong_solvency_figures_are_refused(self, change):
        draft = TableDraft(
            table="solvency",
            version="2026-Q4",
            effective_from=DAY,
            source="偿付能力报告摘要",
            confirmed=True,
            content=SOLVENCY | change,
        )
        with pytest.raises(errors.TableInvalid):
            import_table(draft, actor=MAKER, at=AT)
