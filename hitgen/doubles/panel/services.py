"""What panels put into a study's address, and where and with what they want people back.

Each row is from the service's own words, read in November 2026, or second-hand where `is_told` says so; none was tried
against the service.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Service:
    """One panel: `sends` are the parameters it appends, each with what it fills in for person `{n}`; `person` is the one
    that names people; `ways` are addresses by what became of somebody, with those parameters as placeholders.

    Where people bring back a code in place of an address, `code` is what it is made of: `{sha256:...}` is a digest.
    """

    person: str
    sends: Mapping[str, str]
    ways: Mapping[str, str] = field(default_factory=dict)
    code: str = ""
    credit: str = ""
    secret: str = ""
    is_told: bool = False
    source: str = ""


SCHOOL = "https://yourschool.sona-systems.com"
SERVICES: dict[str, Service] = {
    "SONA": Service(
        person="sona_id",
        sends={"sona_id": "{n}"},
        ways={
            "complete": SCHOOL
            + "/webstudy_credit.aspx?experiment_id=123&credit_token=4e48f9b638a&survey_code={sona_id}"
        },
        credit=SCHOOL
        + "/services/SonaAPI.svc/WebstudyCredit?experiment_id=123&credit_token=4e48f9b638a&survey_code={sona_id}",
        secret="4e48f9b638a",
        source="sona-systems.com: external study credit granting, server-side completion URL responses",
    ),
    "CloudResearch Connect": Service(
        person="participantId",
        sends={
            "participantId": "{n:032X}",
            "assignmentId": "{n:032X}",
            "projectId": "0123456789ABCDEF0123456789ABCDEF",
        },
        ways={"complete": "https://connect.cloudresearch.com/participant/project/0123456789ABCDEF/complete"},
        is_told=True,
        source="connect-researcher-help.cloudresearch.com: project completion; the address is copied from its wizard",
    ),
    "Besample": Service(
        person="response_id",
        sends={"response_id": "r-{n}"},
        ways={"complete": "https://app.besample.com/complete?response_id={response_id}"},
        is_told=True,
    ),
    "Positly": Service(
        person="participantID",
        sends={"participantID": "p{n}", "assignmentID": "a{n}"},
        ways={"complete": "https://app.positly.com/complete?task_id=0a1b2c&assignmentID={assignmentID}"},
        source="positly.com: query string parameters",
    ),
    "Testable Minds": Service(
        person="iid",
        sends={"iid": "m{n}"},
        ways={"complete": "https://minds.testable.org/complete?iid={iid}"},
        is_told=True,
    ),
    "Cint": Service(
        person="PID",
        sends={"PID": "pid_{n}-x", "RID": "{n:08x}-1234-4cde-9abc-0123456789ab"},
        ways={
            "complete": "https://s.cint.com/Survey/Complete?ProjectToken=abc&RID={RID}",
            "screened-out": "https://s.cint.com/Survey/EarlyScreenOut?ProjectToken=abc&RID={RID}",
            "declined": "https://s.cint.com/Survey/EarlyScreenOut?ProjectToken=abc&RID={RID}",
            "failed": "https://s.cint.com/Survey/EarlyScreenOut?ProjectToken=abc&RID={RID}",
            "full": "https://s.cint.com/Survey/QuotaFull?ProjectToken=abc&RID={RID}",
        },
        is_told=True,
        source="help.cint.com: entry links (a PID holds letters, digits, _ and -), five outcomes; help.startquestion.com: three addresses",
    ),
    "Microworkers": Service(
        person="worker",
        sends={"campaign": "e7162dd17b83", "worker": "{n:08x}"},
        code="mw-{sha256:{campaign}{worker}{secret}}",
        secret="a4ba03fe34bd75d0dfbd4651ea003d95",
        source="blog.microworkers.com: VCODE verification",
    ),
    "Course platform": Service(
        person="user", sends={"user": "{n}"}, code="*", source="Moodle: the URL activity's variables"
    ),
}
"""By the name that docs/panels.md gives them; `code` "*": whatever the researcher's own list says."""
ANY = Service(
    person="PID",
    sends={"PID": "person{n}"},
    ways={why: "/" + why + "?PID={PID}" for why in ("complete", "screened-out", "declined", "failed", "full")},
)
"""A panel in a rehearsal."""
