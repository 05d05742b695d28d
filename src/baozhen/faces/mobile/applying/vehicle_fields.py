"""What is asked of the vehicle, form by form (the five proposals of S0-4.2.3b)."""

from baozhen.faces.mobile.applying.asking import Asked, Group, words_of
from baozhen.insurance.products.enumerations import ENUMERATIONS
from baozhen.insurance.products.rules import KINDS_OF_FORM, NEW_ENERGY_FUELS


def vehicle_groups(form: str) -> tuple[Group, ...]:
    """Return what is asked of the vehicle of a form."""
    return (
        Group(title="号牌", fields=_plate_fields(form)),
        Group(
            title="车辆",
            fields=(*_model_fields(form), *_form_fields(form), *_history_fields()),
            note="在行驶证、机动车登记证书或购车发票上都能找到。",
        ),
        *_more_groups(form),
    )


def _plate_fields(form: str) -> tuple[Asked, ...]:
    status = ("temporary", "unregistered") if form == "single_trip" else ()
    issued, temporary = "vehicle.plate_status=issued", "vehicle.plate_status=temporary"
    return (
        Asked(
            path="vehicle.plate_status",
            label="上牌情况",
            kind="radio",
            choices=words_of("plate_status", *status),
        ),
        Asked(
            path="vehicle.plate_no",
            label="号牌号码",
            kind="upper",
            hint="例如 京A12345",
            when=issued,
        ),
        Asked(
            path="vehicle.plate_type",
            label="号牌种类",
            kind="select",
            choices=words_of("plate_type"),
        ),
        Asked(
            path="vehicle.plate_color",
            label="号牌底色",
            kind="select",
            choices=words_of("plate_color"),
        ),
        Asked(
            path="vehicle.temporary_plate_no",
            label="临时行驶车号牌",
            kind="upper",
            when=temporary,
        ),
        Asked(path="vehicle.temporary_plate_office", label="核发机关", when=temporary),
        Asked(
            path="vehicle.temporary_plate_valid_to",
            label="临时号牌有效期至",
            kind="date",
            when=temporary,
        ),
    )


def _model_fields(form: str) -> tuple[Asked, ...]:
    kinds = tuple(kind for kind in ENUMERATIONS["vehicle_kind"] if kind in KINDS_OF_FORM[form])
    fuels = tuple(
        fuel
        for fuel in ENUMERATIONS["fuel"]
        if (fuel in NEW_ENERGY_FUELS) == (form == "new_energy")
        or form in {"special", "motorcycle_tractor", "single_trip"}
    )
    return (
        Asked(
            path="vehicle.vin",
            label="车辆识别代号（车架号）",
            kind="upper",
            hint="17 位，没有字母 I、O、Q",
        ),
        Asked(
            path="vehicle.engine_no",
            label="发动机号（电机号）",
            kind="upper",
        ),
        Asked(
            path="vehicle.model_code",
            label="行业车型编码",
            kind="upper",
            hint="在车型库里的，座位、质量、排量和购置价会自动填入",
        ),
        Asked(path="vehicle.brand_model", label="厂牌型号"),
        Asked(
            path="vehicle.kind",
            label="机动车种类",
            kind="select",
            choices=words_of("vehicle_kind", *kinds),
        ),
        Asked(
            path="vehicle.use_nature",
            label="使用性质",
            kind="select",
            choices=words_of("use_nature"),
        ),
        Asked(
            path="vehicle.fuel", label="能源种类", kind="select", choices=words_of("fuel", *fuels)
        ),
        _count("vehicle.seats", "核定载客（含驾驶人）", "人"),
        _count("vehicle.curb_mass_kg", "整备质量", "千克"),
        _count("vehicle.displacement_ml", "排量", "毫升；纯电动、燃料电池车不填"),
        _count("vehicle.approved_load_kg", "核定载质量", "千克；货车填写"),
        Asked(
            path="vehicle.new_price",
            label="新车购置价",
            kind="money",
            hint="元",
            inputmode="decimal",
        ),
    )


def _count(path: str, label: str, hint: str, when: str = "") -> Asked:
    return Asked(path=path, label=label, is_integer=True, inputmode="numeric", hint=hint, when=when)


def _form_fields(form: str) -> tuple[Asked, ...]:
    power = Asked(path="vehicle.power_kw", label="功率", inputmode="decimal", hint="千瓦")
    if form == "new_energy":
        return (
            power,
            Asked(path="vehicle.motor_no", label="电机号", kind="upper"),
            Asked(path="vehicle.battery_type", label="电池类型", hint="例如 磷酸铁锂、三元锂"),
            Asked(
                path="vehicle.battery_kwh",
                label="电池容量",
                inputmode="decimal",
                hint="千瓦时",
            ),
            _count("vehicle.electric_range_km", "纯电续航里程", "千米"),
        )
    if form == "special":
        return (
            Asked(
                path="vehicle.special_class",
                label="特种车类别",
                kind="select",
                choices=words_of("special_class"),
                is_integer=True,
                hint="一：油罐、汽罐、液罐；二：清障、清扫、起重、冷藏等；"
                "三：监测、消防、医疗、运钞等；四：集装箱拖头",
            ),
            Asked(path="vehicle.special_use", label="特种车用途"),
            Asked(path="vehicle.working_area", label="作业区域", optional=True),
        )
    if form == "motorcycle_tractor":
        return (
            Asked(
                path="vehicle.motorcycle_class",
                label="摩托车类型",
                kind="select",
                choices=words_of("motorcycle_class"),
                when="vehicle.kind=motorcycle",
            ),
            Asked(
                path="vehicle.tractor_type",
                label="拖拉机类型",
                kind="select",
                choices=words_of("tractor_type"),
                when="vehicle.kind=tractor",
            ),
            Asked(
                path="vehicle.power_kw",
                label="功率",
                inputmode="decimal",
                hint="千瓦",
                when="vehicle.kind=tractor",
            ),
        )
    if form == "single_trip":
        return (
            Asked(path="vehicle.trip.origin", label="起运地"),
            Asked(path="vehicle.trip.destination", label="目的地"),
            _count("vehicle.trip.planned_km", "计划里程", "千米"),
            Asked(path="vehicle.trip.delivery_mode", label="提车方式", optional=True),
        )
    return ()


def _history_fields() -> tuple[Asked, ...]:
    return (
        Asked(
            path="vehicle.first_registered_on",
            label="初次登记日期",
            kind="date",
            when="vehicle.plate_status=issued",
        ),
        Asked(
            path="vehicle.invoice_on",
            label="购车发票日期",
            kind="date",
            hint="未上牌或临时号牌的车填写；当年购买的车也请填写",
            optional=True,
        ),
        Asked(path="vehicle.imported", label="是进口车吗", kind="yes_no"),
        Asked(
            path="vehicle.transferred",
            label="上一张保单之后过过户吗",
            kind="yes_no",
        ),
        Asked(
            path="vehicle.transferred_on",
            label="过户日期",
            kind="date",
            when="vehicle.transferred=yes",
        ),
        Asked(
            path="vehicle.last_policy_no",
            label="上年保单号",
            kind="upper",
            optional=True,
        ),
    )


def _more_groups(form: str) -> tuple[Group, ...]:
    if form == "new_energy":
        pile = "vehicle.charging_pile."
        return (
            Group(
                title="自用充电桩",
                folded=True,
                note="要为充电桩投保才填写。",
                fields=(
                    Asked(path=pile + "model", label="充电桩型号"),
                    Asked(path=pile + "serial_no", label="充电桩编号", kind="upper"),
                    Asked(path=pile + "install_address", label="安装地址"),
                    Asked(
                        path=pile + "kind",
                        label="充电桩类型",
                        kind="select",
                        choices=words_of("charging_pile_kind"),
                    ),
                    Asked(
                        path=pile + "value",
                        label="充电桩价值",
                        kind="money",
                        hint="元",
                        inputmode="decimal",
                    ),
                ),
            ),
        )
    if form == "special":
        item = "vehicle.fixed_equipment.0."
        return (
            Group(
                title="固定设备、仪器",
                folded=True,
                note="要为固定设备投保才填写。",
                fields=(
                    Asked(path=item + "name", label="设备名称"),
                    Asked(path=item + "model", label="设备型号", optional=True),
                    Asked(
                        path=item + "value",
                        label="设备价值",
                        kind="money",
                        hint="元",
                        inputmode="decimal",
                    ),
                ),
            ),
        )
    return ()
