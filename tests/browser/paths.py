"""Walking one subject along its path through the screens: results, proposals, decisions, starts of phases."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from tests.cast import Cast, bare_subject
from tests.integration.treatment.subjects import log, start
from trialsite.audit import acting
from trialsite.casebook.models import Subject
from trialsite.casebook.services import move_subject, next_number, submit_form
from trialsite.casebook.slots import Slot
from trialsite.casebook.states import SubjectState
from trialsite.clinical.quantity import Quantity
from trialsite.deviations.models import Deviation

from .clock import Clock
from .desk import Answers, Desk

LAST_DAY = 190  # everything is told on one day, with the days on which it was
NEGATIVE, POSITIVE = "未检出", "0.5 %"
RECOVERED = ("2.1", "160")
LOW = ("0.4", "30")


@dataclass
class Walk:
    """A subject, the coordinator's window and the investigator's; days are those of the story's clock."""

    cast: Cast
    clock: Clock
    coordinator: Desk
    investigator: Desk
    subject: Subject

    @property
    def casebook(self) -> str:
        return f"/subjects/{self.subject.pk}/"

    def day(self, number: int) -> date:
        return self.clock.day(number)

    def begun(self, **phases: int) -> None:
        """Phases that began before the story of this test, by their days."""
        for phase, number in phases.items():
            start(self.cast, self.subject, phase, self.day(number))

    def known(self, form: str, visit: str = "SCR", **values: Any) -> None:
        """A form that stands on record already."""
        with acting(user=self.cast.coordinator):
            slot = Slot(self.subject.pk, visit, form)
            submit_form(slot=slot, values={"performed_on": self.day(0), **values}, by=self.cast.coordinator)

    def diseased(self) -> None:
        """The marrow of screening, against which a later one is judged."""
        self.known("BM", bm_blast_pct=Quantity.parse("90", "%", "blasts"), evaluable=True)

    def donor(self) -> None:
        log(self.cast, self.subject, "DON", {"performed_on": self.day(0), "donor_available": True})

    # At the coordinator's desk

    def enter(self, form: str, answers: Answers, line: Answers | None = None) -> None:
        desk = self.coordinator
        desk.open(f"{self.casebook}log/{form}/new/")
        desk.fill(answers)
        if line:
            desk.fill_line(1, line)
        desk.submit()
        self.confirmed("Submitted:")

    def marrow(self, number: int, blasts: str, counts: tuple[str, str] = RECOVERED) -> None:
        neutrophils, platelets = counts
        answers: Mapping[str, str | date] = {
            "Date": self.day(number),
            "Marrow evaluable": "Yes",
            "Blasts in marrow": blasts,
            "Trilineage haematopoiesis": "Yes",
            "Blasts in blood": "No",
            "Extramedullary disease": "No",
            "Day of the counts": self.day(number),
            "Neutrophils at response": f"{neutrophils} 10⁹/L",
            "Platelets at response": f"{platelets} 10⁹/L",
            "Growth factor within 7 days before the counts": "No",
            "Platelet transfusion within 7 days before the counts": "No",
        }
        self.enter("BM", answers)

    def mrd(self, number: int, result: str, time_point: str = "After a consolidation block") -> None:
        answers = {"Date": self.day(number), "Specimen": "Marrow, first pull", "Time point": time_point}
        self.enter("MRD", answers, {"As reported": result, "Limit of detection": "0.002 %"})

    def remission(self, number: int, mrd: str = NEGATIVE) -> None:
        """CR at the end of induction, with its MRD."""
        self.marrow(number, "1")
        self.mrd(number, mrd, "End of induction")

    def starts(self, number: int, phase: str = "", **more: str) -> None:
        """The phase that was decided, or another one by its name, begins."""
        desk = self.coordinator
        desk.open(f"{self.casebook}log/CYC/new/")
        answers: dict[str, str | date] = {"Phase": phase} if phase else {}
        desk.fill(
            {
                **answers,
                "Day 1, as it actually was": self.day(number),
                "Height": "170 cm",
                "Weight": "65",
                **more,
            }
        )
        desk.submit()

    def started(self, number: int, phase: str = "", **more: str) -> None:
        """The same to its end; what a soft check asks is left to a query."""
        self.starts(number, phase, **more)
        self.confirmed("Submitted: Start of a phase.")

    def confirmed(self, said: str) -> None:
        """The form is saved, on the second press where a soft check asked."""
        if self.coordinator.page.get_by_role("group", name="Is this right?").count():
            self.coordinator.submit()
        self.coordinator.sees(said)

    def transplanted(self, number: int) -> None:
        self.enter("HSCT", {"Day 0: the graft was infused": self.day(number)})

    def treatment_ends(self, number: int, reason: str) -> None:
        desk = self.coordinator
        desk.open(f"{self.casebook}treatment/")
        desk.follow("End treatment")
        desk.fill({"Date of the decision": self.day(number), "Reason": reason})
        desk.submit()
        desk.follow("Treatment")
        desk.sees("Protocol treatment has ended; follow-up goes on.")

    # At the investigator's desk

    def proposes(self, *texts: str) -> None:
        self.investigator.open(f"{self.casebook}treatment/")
        self.investigator.sees(*texts)

    def decides(self, number: int, choice: str = "", reason: str = "", indication: str = "") -> None:
        """As proposed, or what is chosen by the beginning of its words."""
        page = self.investigator.page
        if not page.locator("#decided-on").is_visible():
            page.locator("details:has(#decided-on) > summary").click()
        page.locator("#decided-on").fill(self.day(number).isoformat())
        if choice:
            options = page.locator("#choice option")
            value = options.filter(has_text=choice).first.get_attribute("value")
            page.locator("#choice").select_option(value=value)
        if indication:
            page.locator("#indication").select_option(label=indication)
        if reason:
            page.locator("#why-decided").fill(reason)
        self.investigator.press("Record the decision")
        self.investigator.sees("Decided: ")

    def deviations(self) -> list[str]:
        with acting(user=self.cast.monitor):
            return list(Deviation.objects.filter(subject=self.subject).values_list("rule", flat=True))


def enrolled_on_day_0(cast: Cast, clock: Clock, arm: str = "") -> Subject:
    """A subject enrolled on the first day of the story."""
    subject = bare_subject(cast)
    arm = arm or subject.protocol_version.protocol.arms[0].key
    with acting(user=cast.coordinator):
        number = f"W-{next_number('walks')}"
        subject.screened_on = clock.day(0) - timedelta(days=7)
        return move_subject(
            subject, SubjectState.ENROLLED, subject_number=number, enrolled_on=clock.day(0), arm=arm
        )
