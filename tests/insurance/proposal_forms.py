"""Valid proposals of all five forms as a core system sends them: fresh dicts, free to spoil."""

from copy import deepcopy
from datetime import UTC, datetime
from typing import Any

AT = datetime(2026, 11, 20, tzinfo=UTC)

_ADDRESS = {
    "province": "北京市",
    "city": "北京市",
    "county": "测试区",
    "detail": "示例路1号",
    "postcode": "100000",
}
PERSON = {
    "kind": "person",
    "name": "测试甲",
    "id_type": "resident_id",
    "id_no": "110199198506151017",
    "id_valid_from": "2016-05-01",
    "id_valid_to": "2036-05-01",
    "gender": "male",
    "birth_date": "1985-06-15",
    "mobile": "16100000001",
    "email": "test@example.com",
    "nationality": "CHN",
    "occupation": "工程师",
    "address": _ADDRESS,
}
ORGANISATION = {
    "kind": "organisation",
    "name": "示例工程有限公司",
    "id_type": "uscc",
    "id_no": "91110199FAKEPART8M",
    "contact_name": "测试联系人",
    "mobile": "16100000009",
    "address": _ADDRESS,
}
_DOCUMENTS = [
    "proposal",
    "clauses",
    "float_notice",
    "exclusions",
    "real_name_payment",
    "privacy_policy",
    "personal_information",
]
_DECLARATIONS = [
    "truthful",
    "clauses_received",
    "exclusions_explained",
    "personal_information",
    "own_account",
    "electronic_form",
]
_LIMITS = {
    "fault": {"death": 180000, "medical": 18000, "property": 2000},
    "no_fault": {"death": 18000, "medical": 1800, "property": 100},
}
_YEAR = {
    "cover_starts_at": "2026-03-16T00:00:00+08:00",
    "cover_ends_at": "2027-03-16T00:00:00+08:00",
}
_VEHICLE = {
    "plate_status": "issued",
    "plate_no": "京Z12345",
    "plate_type": "02",
    "plate_color": "blue",
    "vin": "L9TESTAA7MA000001",
    "engine_no": "T20A000001",
    "brand_model": "示例牌SL7200A",
    "model_code": "SLABCD0001",
    "kind": "passenger",
    "use_nature": "family",
    "fuel": "fuel",
    "seats": 5,
    "curb_mass_kg": 1500,
    "displacement_ml": 1998,
    "first_registered_on": "2021-03-15",
    "transferred": False,
    "imported": False,
    "new_price": "180000.00",
}


def line(
    code: str, name: str, insured: str, base: str, premium: str, **more: Any
) -> dict[str, Any]:
    """Return one line of the commercial cover."""
    return {
        "code": code,
        "name": name,
        "sum_insured": insured,
        "base_premium": base,
        "premium": premium,
        **more,
    }


def _proposal(form: str, total: str) -> dict[str, Any]:
    return {
        "proposal_no": "TBD202600009001",
        "form": form,
        "insurer": "DEMO",
        "branch": {"code": "DEMO11", "name": "示例财产保险股份有限公司北京市分公司"},
        "submitted_at": "2026-03-10T09:00:00+08:00",
        "policyholder": deepcopy(PERSON),
        "relation_to_insured": "self",
        "relation_to_owner": "self",
        "insured": deepcopy(PERSON),
        "owner": deepcopy(PERSON),
        "vehicle": dict(_VEHICLE),
        "compulsory": {
            "policy_no": "PDZA202611D00009001",
            **_YEAR,
            "term_ground": None,
            "base_premium": "950.00",
            "float_code": "A3",
            "float_rate": "-0.35",
            "premium": "617.50",
            "limits": deepcopy(_LIMITS),
        },
        "commercial": {
            "policy_no": "PDAA202611D00009001",
            **_YEAR,
            "factors": {"ncd": "0.6", "traffic_violation": "1.0", "self_pricing": "0.85"},
            "coverages": [],
            "premium": "0.00",
        },
        "vehicle_tax": {
            "relief": "normal",
            "year": 2026,
            "current": "480.00",
            "arrears": "0.00",
            "late_fee": "0.00",
            "total": "480.00",
        },
        "special_agreements": [
            {"code": "T001", "text": "发生保险事故时，请及时拨打客户服务电话报案。"}
        ],
        "dispute": {"mode": "litigation"},
        "source": {"channel": "direct"},
        "underwriting": {
            "decision": "accepted",
            "decided_at": "2026-03-10T10:00:00+08:00",
            "underwriter": "UW001",
        },
        "signature": {
            "signed_at": "2026-03-10T11:00:00+08:00",
            "otp_verified_at": "2026-03-10T11:10:00+08:00",
            "method": "handwriting",
            "declarations": list(_DECLARATIONS),
            "evidence_no": "EVD0000009001",
            "documents_read": list(_DOCUMENTS),
        },
        "payment": {
            "order_no": "PAYD0000009001",
            "payer_name": "测试甲",
            "payer_id_no": "110199198506151017",
            "account": "6212345678900000011",
            "channel": "wechat",
            "amount": total,
            "paid_at": "2026-03-10T11:20:00+08:00",
        },
        "total": total,
    }


def car() -> dict[str, Any]:
    """Scenario S-01: a fuel family car in Beijing, three years free."""
    proposal = _proposal("car", "2473.95")
    proposal["commercial"]["coverages"] = [
        line("A", "机动车损失保险", "128160.00", "1600.00", "816.00"),
        line("B", "机动车第三者责任保险", "2000000.00", "922.08", "470.26"),
        line("D1", "机动车车上人员责任保险（驾驶人）", "10000.00", "28.99", "14.78"),
        line("D2", "机动车车上人员责任保险（乘客）", "10000.00", "74.52", "38.01", seats=4),
        line("F9", "附加医保外医疗费用责任险", "100000.00", "73.33", "37.40"),
    ]
    proposal["commercial"]["premium"] = "1376.45"
    return proposal


def new_energy() -> dict[str, Any]:
    """Scenario S-02: a new battery electric car in Guangdong with a charging pile."""
    proposal = _proposal("new_energy", "5574.21")
    proposal["branch"] = {"code": "DEMO44", "name": "示例财产保险股份有限公司广东省分公司"}
    proposal["vehicle"] |= {
        "plate_no": "粤ZD12345",
        "plate_type": "52",
        "plate_color": "gradient_green",
        "vin": "L9TESTEV6SA000002",
        "fuel": "battery_electric",
        "displacement_ml": None,
        "new_price": "239800.00",
        "first_registered_on": "2026-03-01",
        "power_kw": "160",
        "battery_type": "磷酸铁锂",
        "battery_kwh": "60.5",
        "electric_range_km": 510,
        "motor_no": "M0000001",
        "charging_pile": {
            "model": "示例充电桩7kW",
            "serial_no": "PILE000001",
            "install_address": "示例路1号地库",
            "kind": "wall",
            "value": "3000.00",
        },
    }
    proposal["compulsory"] |= {"float_code": "new", "float_rate": "0", "premium": "950.00"}
    proposal["commercial"] |= {
        "factors": {"ncd": "1.0", "traffic_violation": "1.0", "self_pricing": "1.05"},
        "coverages": [
            line("NA", "新能源汽车损失保险", "239800.00", "3080.00", "3234.00"),
            line("NB", "新能源汽车第三者责任保险", "3000000.00", "1074.67", "1128.40"),
            line("ND1", "新能源汽车车上人员责任保险（驾驶人）", "10000.00", "25.58", "26.86"),
            line(
                "ND2", "新能源汽车车上人员责任保险（乘客）", "10000.00", "65.76", "69.05", seats=4
            ),
            line("NG", "附加外部电网故障损失险", "3000.00", "48.00", "50.40"),
            line("NH", "附加自用充电桩损失保险", "3000.00", "60.00", "63.00"),
            line("NI", "附加自用充电桩责任保险", "100000.00", "50.00", "52.50"),
        ],
        "premium": "4624.21",
    }
    proposal["vehicle_tax"] |= {"relief": "not_taxable", "current": "0.00", "total": "0.00"}
    return proposal


def special() -> dict[str, Any]:
    """A crane that an organisation owns."""
    proposal = _proposal("special", "9054.40")
    proposal |= {
        "insured": deepcopy(ORGANISATION),
        "owner": deepcopy(ORGANISATION),
        "relation_to_insured": "other",
        "relation_to_owner": "other",
    }
    proposal["vehicle"] |= {
        "kind": "special",
        "special_class": 2,
        "special_use": "起重作业",
        "fixed_equipment": [{"name": "吊机", "model": "DJ-25", "value": "300000.00"}],
        "working_area": "北京市",
        "use_nature": "non_commercial_enterprise",
        "plate_type": "01",
        "plate_color": "yellow",
        "displacement_ml": None,
        "seats": 2,
        "curb_mass_kg": 16400,
        "new_price": "860000.00",
    }
    proposal["compulsory"] |= {
        "base_premium": "2430.00",
        "float_code": "new",
        "float_rate": "0",
        "premium": "2430.00",
    }
    proposal["commercial"] |= {
        "factors": {"ncd": "0.5", "traffic_violation": "1.0", "self_pricing": "1.11"},
        "coverages": [
            line("SA", "特种车损失保险", "560000.00", "5600.00", "3108.00"),
            line("SB", "特种车第三者责任保险", "1000000.00", "2700.00", "1498.50"),
            line("SF", "附加特种车辆固定设备、仪器损坏扩展条款", "300000.00", "800.00", "444.00"),
        ],
        "premium": "5050.50",
    }
    proposal["vehicle_tax"] |= {"current": "1573.90", "total": "1573.90"}
    return proposal


def motorcycle() -> dict[str, Any]:
    """A motorcycle with third-party cover."""
    proposal = _proposal("motorcycle_tractor", "300.00")
    proposal["vehicle"] |= {
        "kind": "motorcycle",
        "motorcycle_class": "two_wheel",
        "use_nature": "non_commercial_person",
        "plate_type": "07",
        "plate_color": "yellow",
        "displacement_ml": 150,
        "seats": 2,
        "curb_mass_kg": 130,
        "new_price": "9800.00",
    }
    proposal["compulsory"] |= {
        "base_premium": "120.00",
        "float_code": "none",
        "float_rate": "0",
        "premium": "120.00",
    }
    proposal["commercial"] |= {
        "factors": {"ncd": "1", "traffic_violation": "1.0", "self_pricing": "1"},
        "coverages": [line("MB", "摩托车、拖拉机第三者责任保险", "100000.00", "120.00", "120.00")],
        "premium": "120.00",
    }
    proposal["vehicle_tax"] |= {"current": "60.00", "total": "60.00"}
    return proposal


def single_trip() -> dict[str, Any]:
    """A new car that is driven home within thirty days."""
    proposal = _proposal("single_trip", "515.00")
    term = {
        "cover_starts_at": "2026-03-15T00:00:00+08:00",
        "cover_ends_at": "2026-04-14T00:00:00+08:00",
    }
    proposal["vehicle"] |= {
        "plate_status": "temporary",
        "plate_no": None,
        "plate_type": "22",
        "temporary_plate_no": "京Z临12345",
        "temporary_plate_office": "北京市公安局交通管理局",
        "temporary_plate_valid_to": "2026-04-14",
        "first_registered_on": None,
        "invoice_on": "2026-03-09",
        "trip": {
            "origin": "北京市",
            "destination": "成都市",
            "planned_km": 1800,
            "delivery_mode": "自驾",
        },
    }
    proposal["compulsory"] |= {
        **term,
        "term_ground": "临时上道路",
        "base_premium": "95.00",
        "float_code": "none",
        "float_rate": "0",
        "premium": "95.00",
    }
    proposal["commercial"] |= {
        **term,
        "factors": {"ncd": "1", "traffic_violation": "1.0", "self_pricing": "1"},
        "coverages": [
            line("TA", "机动车单程提车损失保险", "180000.00", "240.00", "240.00"),
            line("TB", "机动车单程提车第三者责任保险", "1000000.00", "180.00", "180.00"),
        ],
        "premium": "420.00",
    }
    proposal["vehicle_tax"] |= {"relief": "deferred", "current": "0.00", "total": "0.00"}
    return proposal


FORMS = {
    "car": car,
    "new_energy": new_energy,
    "special": special,
    "motorcycle_tractor": motorcycle,
    "single_trip": single_trip,
}
_ABSENT = object()


def spoil(proposal: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """Put a value at a path; DELETE takes the field away."""
    *way, last = path.split(".")
    part: Any = proposal
    for name in way:
        part = part[int(name)] if isinstance(part, list) else part[name]
    if value is DELETE:
        del part[last]
    elif isinstance(part, list):
        part[int(last)] = value
    else:
        part[last] = value
    return proposal


DELETE = _ABSENT
