"""Panels as their own words have them, read in November 2026, or second-hand (TOLD); none was tried against the service."""

from __future__ import annotations

from hitgen.doubles.panel.panel import Service

SCHOOL = "https://yourschool.sona-systems.com"
SERVICES: dict[str, Service] = {
    # sona-systems.com: external study credit granting, server-side completion URL responses
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
    ),
    # connect-researcher-help.cloudresearch.com: project completion; the address is copied from its wizard
    "CloudResearch Connect": Service(
        person="participantId",
        sends={
            "participantId": "{n:032X}",
            "assignmentId": "{n:032X}",
            "projectId": "0123456789ABCDEF0123456789ABCDEF",
        },
        ways={"complete": "https://connect.cloudresearch.com/participant/project/0123456789ABCDEF/complete"},
    ),
    "Besample": Service(
        person="response_id",
        sends={"response_id": "r-{n}"},
        ways={"complete": "https://app.besample.com/complete?response_id={response_id}"},
    ),
    # positly.com: query string parameters
    "Positly": Service(
        person="participantID",
        sends={"participantID": "p{n}", "assignmentID": "a{n}"},
        ways={"complete": "https://app.positly.com/complete?task_id=0a1b2c&assignmentID={assignmentID}"},
    ),
    "Testable Minds": Service(
        person="iid",
        sends={"iid": "m{n}"},
        ways={"complete": "https://minds.testable.org/complete?iid={iid}"},
    ),
    # help.cint.com: entry links (a PID holds letters, digits, _ and -), five outcomes; help.startquestion.com: three addresses
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
    ),
    # blog.microworkers.com: VCODE verification
    "Microworkers": Service(
        person="worker",
        sends={"campaign": "e7162dd17b83", "worker": "{n:08x}"},
        code="mw-{sha256:{campaign}{worker}{secret}}",
        secret="a4ba03fe34bd75d0dfbd4651ea003d95",
    ),
    # Moodle: the URL activity's variables
    "Course platform": Service(person="user", sends={"user": "{n}"}, code="*"),
}
"""By the name that docs/panels.md gives them, with where it is told; `code` "*": whatever the researcher's own list says."""
TOLD = {"CloudResearch Connect", "Besample", "Testable Minds", "Cint"}
