"""The documents agree with the code."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from baozhen.insurance.products.norms import norms
from docs.generate import requirement_marks, requirements

ROOT = Path(__file__).parents[2]


def glossary_rows() -> list[list[str]]:
    text = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
    rows = [
        line.strip().strip("|").split("|") for line in text.splitlines() if line.startswith("|")
    ]
    return [[cell.strip() for cell in row] for row in rows if not set(row[0].strip()) <= {"-"}][1:]


def test_glossary_has_one_code_name_for_one_chinese_term():
    chinese, code = [], []
    for row in glossary_rows():
        chinese.append(row[0])
        code.append(row[2])
    assert len(set(chinese)) == len(chinese)
    assert len(set(code)) == len(code)


def test_glossary_code_names_exist_in_the_code():
    source = "\n".join(
        p.read_text(encoding="utf-8")
        for p in [*(ROOT / "src").rglob("*.py"), *(ROOT / "src").rglob("*.html")]
    )
    words = set(re.findall(r"[A-Za-z_][A-Za-z0-9_]*", source))
    missing = [row[2] for row in glossary_rows() if row[2].strip("`") not in words]
    assert not missing


@pytest.mark.requirement("S0-2", "S0-7")
def test_cited_norms_stand_in_the_versioned_register():
    """S0-2: a norm register with editions; glossary terms and templates cite it."""
    register = norms()
    for required in ("GB/T 36687-2018", "GB/T 22080-2016", "GB/T 36618-2018", "JR/T 0161-2018"):
        assert register[required].edition
    assert {"JR/T 0174-2019", "GB 50174-2017"} <= set(register)
    cited = {norm for row in glossary_rows() for norm in row[3].split("、") if norm}
    templates = (ROOT / "src/baozhen/insurance/products/templates").rglob("template.json")
    found = [json.loads(path.read_text(encoding="utf-8")) for path in templates]
    assert found
    for template in found:
        assert template["norms"], template["code"]
        cited |= set(template["norms"])
    assert cited <= set(register)


@pytest.mark.requirement("S0-4.3", "S0-4")
def test_terms_of_the_industry_standards_are_defined():
    """S0-4.3: terms of JR/T 0161 and JR/T 0174 apply; the glossary cites them."""
    cited = {norm for row in glossary_rows() for norm in row[3].split("、")}
    assert {"JR/T 0161-2018", "JR/T 0174-2019"} <= cited


def test_marks_name_requirements_that_exist():
    assert set(requirement_marks()) <= {row["id"] for row in requirements()}


def test_requirement_list_is_that_of_the_domain(shared_dir):
    ours = (ROOT / "docs/regulation/requirements.csv").read_bytes()
    assert ours == (shared_dir / "domain" / "requirements.csv").read_bytes()


def test_no_registry_address_in_the_locks():
    for name in ("requirements.lock", "package-lock.json"):
        assert "://" not in re.sub(
            r'"(url|funding)": ?"[^"]*"', "", (ROOT / name).read_text(encoding="utf-8")
        ), name


def test_links_between_documents_lead_somewhere():
    for page in [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]:
        for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
            if "://" not in target and not target.startswith("mailto:"):
                assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_trust_core_needs_no_django():
    code = "import sys; import baozhen.trust.verify; print('django' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
