"""The steps of the journey in a browser, from the notice to the payment, for any of its scenarios.

Each step looks at its pages; what a scenario costs and how it ends, its own test says.
"""

from datetime import timedelta

from captcha.models import CaptchaStore

from baozhen.foundation.clock import now
from baozhen.foundation.jobs.worker import run_worker
from baozhen.insurance.disclosures.models import ReadingItem, ReadingSet
from baozhen.signing.identity.models import CodeChallenge
from tests.e2e.test_signing import read_to_the_end, write_name
from tests.faces.mobile.applying.people import last_text

NEXT = ".act .weui-btn_primary"
ROUND = timedelta(seconds=20)
_SELECTS = ("plate_type", "plate_color", "kind", "use_nature", "fuel")
_RADIOS = ("plate_status",)
_ADDRESS = {"city": "北京市", "county": "示例区", "detail": "示例路1号"}


def work():
    run_worker(until_idle=True)


def field(name):
    return f'[name="{name}"]'


def begin(visitor, form, branch):
    """From the notice to the page of the vehicle."""
    tab = visitor.tab
    visitor.open("/m/apply")
    visitor.look("apply-start")
    tab.click("button.weui-btn_primary")
    visitor.look("apply-choose")
    tab.check(f"#form-{form}")
    tab.select_option("#branch", branch)
    tab.check("#who-person")
    tab.click("button.weui-btn_primary")
    tab.wait_for_selector(field("vehicle.vin"))


def sign_in(visitor, person, *, look=False):
    """Sign in as a holder, wherever one is asked to; the captcha's answer only the server knows."""
    see = visitor.look if look else lambda _name: None
    tab = visitor.tab
    tab.wait_for_selector("#id_id_no")
    for name, value in person.items():
        tab.fill(f"#id_{name}", value)
    key = tab.get_attribute("[name=captcha_0]", "value")
    tab.fill("[name=captcha_1]", CaptchaStore.objects.get(hashkey=key).response)
    see("apply-sign-in")
    tab.click(NEXT)
    tab.wait_for_selector("#id_code")
    tab.fill("#id_code", last_text(person["mobile"])["parameters"]["code"])
    see("apply-sign-in-code")
    tab.click("button[value=check]")


class Journey:
    """One person's way through the pages, on one device."""

    def __init__(self, visitor, person):
        self.visitor, self.tab, self.person = visitor, visitor.tab, person
        self.number = ""

    def open(self, address):
        """Open a page of this application: `open("/m/read/{}")`."""
        self.visitor.open(address.format(self.number))

    def look(self, name):
        self.visitor.look(name)

    def text(self):
        return self.tab.inner_text("main")

    def texted(self, key):
        """Return a parameter of the newest text to this person."""
        return last_text(self.person["mobile"])["parameters"][key]

    def go_on(self):
        self.tab.click(NEXT)

    # Proposal

    def begin(self, form, branch):
        """Come to the page of the vehicle; left empty, it says what is wanted."""
        begin(self.visitor, form, branch)
        self.go_on()
        self.tab.wait_for_selector("p.fault")
        self.look(f"apply-{form}-faults")

    def fill_in(self, vehicle, package):
        """Fill in everything, up to the page that shows the sum; nothing is submitted yet."""
        self.fill_vehicle(vehicle)
        self.look("apply-vehicle")
        self.go_on()
        sign_in(self.visitor, self.person, look=True)
        self.fill_people()
        self.look("apply-people")
        self.go_on()
        self.choose_cover(package)
        self.answer()
        self.look("apply-confirm")

    def is_refused(self, vehicle, name):
        """Try this vehicle; the fault stands at the field of this name."""
        self.fill_vehicle(vehicle)
        self.go_on()
        self.tab.wait_for_selector(f"{field(f'vehicle.{name}')}[aria-invalid=true]")

    def fill_vehicle(self, vehicle):
        tab = self.tab
        for name in _RADIOS:
            tab.check(f"{field(f'vehicle.{name}')}[value={vehicle[name]}]")
        for name in _SELECTS:
            tab.select_option(field(f"vehicle.{name}"), vehicle[name])
        for name in ("transferred", "imported"):
            tab.check(f"{field(f'vehicle.{name}')}[value=no]")
        skipped = {*_RADIOS, *_SELECTS, "transferred", "imported", "charging_pile"}
        for name, value in vehicle.items():
            if name not in skipped:
                tab.fill(field(f"vehicle.{name}"), str(value))
        if "charging_pile" in vehicle:
            self.fill_pile(vehicle["charging_pile"])

    def fill_pile(self, pile):
        folded = self.tab.locator("details.folded:not([open]) > summary")
        if folded.count():
            folded.click()
        for name, value in pile.items():
            where = field(f"vehicle.charging_pile.{name}")
            if name == "kind":
                self.tab.select_option(where, value)
            else:
                self.tab.fill(where, value)

    def fill_people(self):
        tab = self.tab
        tab.wait_for_selector(field("policyholder.email"))
        tab.fill(field("policyholder.id_valid_from"), "2016-05-01")
        tab.check(field("policyholder.id_valid_to.forever"))
        tab.fill(field("policyholder.email"), "test@example.com")
        tab.select_option(field("policyholder.address.province"), "北京市")
        for name, value in _ADDRESS.items():
            tab.fill(field(f"policyholder.address.{name}"), value)
        tab.select_option(field("relation_to_insured"), "self")
        tab.select_option(field("relation_to_owner"), "self")

    def choose_cover(self, package):
        tab = self.tab
        tab.wait_for_selector(field("starts_on"))
        tab.fill(field("starts_on"), "2025-03-16")
        tab.check('[name=dispute][value="litigation"]')
        self.look("apply-cover-facts")
        tab.click("button[value=facts]")
        tab.wait_for_selector("#package-own")
        # Neither a package nor a cover of one's own choice, the grid's either, is ticked already.
        assert tab.locator("input:checked").count() == 0
        self.look("apply-cover")
        tab.click("details.card > summary")
        self.look("apply-cover-compared")
        tab.check(f"#package-{package}")
        tab.click("button[value=choose]")
        tab.wait_for_selector('[name="answers.modified.answer"]')

    def answer(self):
        tab = self.tab
        for code in ("business_use", "modified", "damaged", "written_off", "refused"):
            tab.check(f'[name="answers.{code}.answer"][value=no]')
        tab.check('[name="answers.licensed.answer"][value=yes]')
        self.look("apply-answers")
        self.go_on()
        tab.wait_for_selector("#total")

    def submit(self):
        """Submit; the automatic rules accept it, and the link to the papers is sent."""
        self.go_on()
        self.tab.wait_for_selector("[data-state=accepted]")
        self.look("apply-accepted")
        work()

    # Reading, declaring, signing

    def scan(self):
        """Follow the link that was texted, as the code to scan has it, to the first file."""
        link = self.texted("link")
        assert link.count("/m/r/") == 1
        self.tab.goto(link)
        self.tab.wait_for_selector("text=开始阅读")
        self.look("reading-list")
        self.tab.click("text=开始阅读")
        self.tab.wait_for_selector("[data-reader]")
        self.look("reading-first")

    def read(self, position, count):
        """Read the file that is open; the minutes it takes are put on the server's clock."""
        tab = self.tab
        tab.wait_for_selector(f"text=第 {position} 份，共 {count} 份")
        tab.wait_for_selector("[data-go-on]:disabled")
        earlier = now() - ROUND
        unread = ReadingItem.objects.filter(position=position, finished_at=None)
        unread.update(last_at=earlier, seconds=ROUND.seconds)
        ReadingSet.objects.filter(state="open").update(seen_at=earlier)
        tab.locator("[data-end]").first.scroll_into_view_if_needed()
        tab.wait_for_selector("[data-go-on]:not([disabled])")
        tab.click("[data-go-on]")

    def declare(self):
        """Confirm the six declarations, each by its own button."""
        tab = self.tab
        tab.wait_for_selector("h1:has-text('确认声明')")
        self.look("declaring")
        for left in range(6, 0, -1):
            assert tab.locator("button[name=declaration]").count() == left
            tab.locator("button[name=declaration]").first.click()
            tab.wait_for_selector(f".made >> nth={6 - left}")
        self.look("declaring-done")

    def sign(self):
        """Write the name, confirm the will by a code, and wait until the worker has signed."""
        tab = self.tab
        tab.click("text=去签名")
        tab.wait_for_selector("canvas")
        write_name(self.visitor)
        self.look("journey-sign")
        tab.click("button[value=sign]")
        tab.wait_for_selector("button[value=send]")
        self.look("journey-consent")
        tab.click("button[value=send]")
        tab.wait_for_selector("input[name=code]")
        tab.fill("input[name=code]", self.texted("code"))
        self.look("journey-will")
        tab.click("button[value=confirm]")
        tab.wait_for_selector("[data-wait]")
        self.look("journey-wait")
        work()

    def pass_code(self):
        """投保短信验证, where the page that waits has led."""
        tab = self.tab
        tab.wait_for_selector("h1:has-text('投保短信验证')")
        self.look("journey-code")
        tab.click("button[value=send]")
        tab.wait_for_selector("#id_code")
        tab.fill("#id_code", self.texted("code"))
        tab.click("button[value=check]")
        tab.wait_for_selector("text=去缴费")
        self.look("journey-code-passed")

    # Payment

    def pay(self, total, outcome):
        """Pay by a channel that tells who pays, with an own card or another's."""
        tab = self.tab
        self.open("/m/pay/{}")
        told = self.text()
        assert total in told
        self.look("pay")
        tab.check("input[name=channel][value=unionpay]")
        self.go_on()
        self.settle(outcome)

    def settle(self, outcome):
        """Choose at the development cashier what happens."""
        tab = self.tab
        tab.wait_for_selector("input[name=outcome]")
        assert "不会收取任何款项" in self.text()
        self.look("cashier")
        tab.check(f"input[name=outcome][value={outcome}]")
        self.go_on()
        tab.wait_for_load_state()

    # The policy in hand

    def receive(self, policy):
        """Sign for the policy, from its page in the wallet; nobody is asked again who they are."""
        tab = self.tab
        self.visitor.open(f"/m/policies/{policy.number}")
        tab.click("text=签收保单回执")
        tab.click("button[value=begin]")
        read_to_the_end(self.visitor)
        tab.click("[data-go-on]")
        tab.wait_for_selector("canvas")
        write_name(self.visitor)
        tab.click("button[value=sign]")
        tab.wait_for_selector("button[value=send]")
        # A policy comes a minute after the proposal was signed, not seconds.
        CodeChallenge.objects.update(queued_at=now() - timedelta(minutes=2))
        tab.click("button[value=send]")
        tab.wait_for_selector("input[name=code]")
        tab.fill("input[name=code]", self.texted("code"))
        tab.click("button[value=confirm]")
        tab.wait_for_selector(".verdict")
        work()
        tab.wait_for_selector("text=签署完成")
        self.look("receipt-signed")
        tab.click("text=回到我的保单")
        tab.click(f"text={policy.number}")
        tab.wait_for_selector("text=您已于")
