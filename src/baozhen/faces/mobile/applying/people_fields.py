"""What is asked of the people, and the questions of truthful disclosure."""

from baozhen.faces.mobile.applying.asking import Asked, Group, words_of
from baozhen.insurance.applications.questions import load_questions
from baozhen.insurance.products.tables import PROVINCES


def people_groups() -> tuple[Group, ...]:
    """Return what is asked of the people; who applies has been checked and is not asked again."""
    other_insured, other_owner = "relation_to_insured!=self", "relation_to_owner!=self"
    return (
        Group(
            title="投保人（您本人）",
            fields=(
                *_validity("policyholder"),
                Asked(
                    path="policyholder.email",
                    label="电子邮箱",
                    inputmode="email",
                    hint="电子保单会发到这里",
                ),
                *_address("policyholder"),
                Asked(path="policyholder.occupation", label="职业", optional=True),
            ),
        ),
        Group(
            title="被保险人",
            fields=(
                Asked(
                    path="relation_to_insured",
                    label="被保险人是您的",
                    kind="select",
                    choices=words_of("relation"),
                ),
                *_party("insured", other_insured),
                *_validity("insured", other_insured, optional=True),
                Asked(
                    path="insured.mobile",
                    label="被保险人手机号",
                    inputmode="tel",
                    when=other_insured,
                ),
                Asked(
                    path="insured.contact_name",
                    label="联系人",
                    hint="被保险人是单位的填写",
                    when=other_insured,
                    optional=True,
                ),
                *_address("insured", other_insured),
            ),
        ),
        Group(
            title="行驶证车主",
            fields=(
                Asked(
                    path="relation_to_owner",
                    label="车主是您的",
                    kind="select",
                    choices=words_of("relation"),
                ),
                *_party("owner", other_owner),
            ),
        ),
    )


def _party(role: str, when: str) -> tuple[Asked, ...]:
    who = {"insured": "被保险人", "owner": "车主"}[role]
    return (
        Asked(
            path=f"{role}.kind",
            label=f"{who}是个人还是单位",
            kind="radio",
            choices=words_of("party_kind"),
            when=when,
        ),
        Asked(path=f"{role}.name", label=f"{who}姓名或名称", when=when),
        Asked(
            path=f"{role}.id_type",
            label=f"{who}证件类型",
            kind="select",
            choices=words_of("id_type"),
            when=when,
        ),
        Asked(path=f"{role}.id_no", label=f"{who}证件号码", kind="upper", when=when),
    )


def _validity(role: str, when: str = "", *, optional: bool = False) -> tuple[Asked, ...]:
    hint = "个人填写" if optional else ""
    return (
        Asked(
            path=f"{role}.id_valid_from",
            label="证件有效期起",
            kind="date",
            hint=hint,
            when=when,
            optional=optional,
        ),
        Asked(
            path=f"{role}.id_valid_to",
            label="证件有效期止",
            kind="date_or_forever",
            when=when,
            optional=optional,
        ),
    )


def _address(role: str, when: str = "") -> tuple[Asked, ...]:
    provinces = tuple((one.name, one.name) for one in PROVINCES.values())
    where = f"{role}.address."
    return (
        Asked(
            path=where + "province",
            label="住址：省（自治区、直辖市）",
            kind="select",
            choices=provinces,
            when=when,
        ),
        Asked(path=where + "city", label="市", when=when),
        Asked(path=where + "county", label="县（区）", when=when),
        Asked(path=where + "detail", label="街道、门牌", when=when),
        Asked(
            path=where + "postcode",
            label="邮政编码",
            inputmode="numeric",
            when=when,
            optional=True,
        ),
    )


def answer_fields() -> tuple[Group, ...]:
    """Return the questions of truthful disclosure, each with a word about an unusual answer."""
    fields: list[Asked] = []
    for question in load_questions()[1]:
        path = f"answers.{question.code}"
        fields.append(
            Asked(
                path=f"{path}.answer",
                label=question.text,
                kind="radio",
                choices=(("yes", "是"), ("no", "否")),
            )
        )
        other = "no" if question.expected == "yes" else "yes"
        fields.append(
            Asked(
                path=f"{path}.detail",
                label=question.detail,
                when=f"{path}.answer={other}",
            )
        )
    return (Group(title="请如实回答", fields=tuple(fields)),)
