"""How documents name the insurer and where the business came from."""

from typing import Protocol

from baozhen.insurance.products.enumerations import label
from baozhen.insurance.proposals.content import Branch, Source
from baozhen.insurance.proposals.print_wording import Row


class InsurerFacts(Protocol):
    """What documents say of the insurer; the organisation's configuration has these names."""

    @property
    def name(self) -> str: ...  # noqa: D102
    @property
    def short_name(self) -> str: ...  # noqa: D102
    @property
    def address(self) -> str: ...  # noqa: D102
    @property
    def postcode(self) -> str: ...  # noqa: D102
    @property
    def service_phone(self) -> str: ...  # noqa: D102
    @property
    def claim_phone(self) -> str: ...  # noqa: D102
    @property
    def website(self) -> str: ...  # noqa: D102
    @property
    def licence_no(self) -> str: ...  # noqa: D102


def insurer_rows(insurer: InsurerFacts, branch: Branch) -> list[Row]:
    """Name, issuing branch, address, licence, phones and website of the insurer."""
    return [
        [["insurer.name", "保险人", insurer.name]],
        [["branch.name", "出单机构", branch.name]],
        [["insurer.address", "公司地址", insurer.address]],
        [
            ["insurer.postcode", "邮政编码", insurer.postcode],
            ["insurer.licence_no", "许可证号", insurer.licence_no],
        ],
        [
            ["insurer.service_phone", "客服电话", insurer.service_phone],
            ["insurer.claim_phone", "报案电话", insurer.claim_phone],
        ],
        [["insurer.website", "公司网址", insurer.website]],
    ]


def source_rows(source: Source) -> list[Row]:
    """The channel; for business through others who they are and by which licence."""
    channel = ["source.channel", "业务来源", label("channel", source.channel)]
    if source.intermediary is None:
        rows: list[Row] = [[channel]]
    else:
        rows = [[channel, ["source.intermediary", "中介机构", source.intermediary]]]
    if source.licence_no is not None:
        rows.append([["source.licence_no", "中介许可证", source.licence_no]])
    if source.agent_name is not None:
        rows.append(
            [
                ["source.agent_name", "代理人", source.agent_name],
                ["source.agent_licence_no", "执业证号", source.agent_licence_no or "—"],
            ]
        )
    return rows
