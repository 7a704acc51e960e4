"""The pages that a worker sees, as HTML; plain, without any script."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from urllib.parse import urlencode

from hitgen.doubles.mturk.workers import Offer, Task

STYLE = """
body{font:16px/1.4 system-ui,sans-serif;margin:0;color:#1b1b1b;background:#fff}
header,main{padding:8px 16px}header{display:flex;gap:16px;align-items:center;background:#eee}
h1{font-size:18px;margin:0}form{display:inline}table{border-collapse:collapse}td,th{padding:4px 12px;text-align:left}
iframe{border:0;width:100%;height:calc(100vh - 56px);display:block}a,button{font:inherit}
"""
SANDBOX = "allow-scripts allow-forms"
"""No origin, no storage, no way out: the least that any recruiter's frame gives."""


def document(title: str, body: str) -> str:
    """A whole page."""
    head = f'<meta charset="utf-8"><title>{escape(title)}</title><style>{STYLE}</style>'
    return f'<!doctype html><html lang="en"><head>{head}</head><body>{body}</body></html>'


def _button(action: str, word: str, **fields: str) -> str:
    hidden = "".join(f'<input type="hidden" name="{name}" value="{escape(value)}">' for name, value in fields.items())
    return f'<form method="post" action="{action}">{hidden}<button>{escape(word)}</button></form>'


def front_page() -> str:
    """Asks who the worker is."""
    field = '<input name="workerId" value="AREHEARSAL1" pattern="A[A-Z0-9]{1,63}" required>'
    form = f'<form action="/worker"><label>Worker id {field}</label> <button>Go on</button></form>'
    told = "<p>A marketplace on this machine. Any id of A and capital letters or digits is a worker.</p>"
    return document("Rehearsal", f"<header><h1>Rehearsal</h1></header><main>{told}{form}</main>")


def list_page(worker: str, offers: Sequence[Offer], tasks: Sequence[Task]) -> str:
    """The HITs that a worker can see, those at hand first."""
    at_hand = "".join(
        f'<li><a href="/worker/task?assignmentId={task.assignment}">{escape(task.title)}</a></li>' for task in tasks
    )
    rows = "".join(_row(offer, worker) for offer in offers)
    head = "<tr><th>HIT</th><th>Reward</th><th>Time</th><th>Places</th><th></th></tr>"
    table = f'<table id="hits">{head}{rows}</table>' if offers else '<p id="none">There are no HITs for you.</p>'
    body = f"<header><h1>HITs for {escape(worker)}</h1></header><main>"
    body += f"<h2>At hand</h2><ul>{at_hand}</ul>" if at_hand else ""
    return document("HITs", f"{body}{table}</main>")


def _row(offer: Offer, worker: str) -> str:
    name = f"<b>{escape(offer.title)}</b><br>{escape(offer.description)}"
    where = urlencode({"hitId": offer.hit_id, "workerId": worker})
    preview = f'<a href="/worker/preview?{where}">Preview</a> ' if offer.may_preview else ""
    accept = (
        _button("/worker/accept", "Accept", hitId=offer.hit_id, workerId=worker) if offer.may_accept else "not for you"
    )
    cells = (name, f"${offer.reward_usd}", f"{offer.duration_s // 60} min", str(offer.places), preview + accept)
    return f'<tr data-hit-id="{offer.hit_id}">{"".join(f"<td>{cell}</td>" for cell in cells)}</tr>'


def frame_page(title: str, frame: str, controls: str) -> str:
    """The requester's page in its frame."""
    shown = f'<iframe id="frame" sandbox="{SANDBOX}" src="{escape(frame)}"></iframe>'
    return document(title, f"<header><h1>{escape(title)}</h1>{controls}</header>{shown}")


def preview_page(frame: str, hit_id: str, worker: str) -> str:
    """A HIT before it is accepted."""
    back = f'<a href="/worker?workerId={escape(worker)}">Back to the list</a>'
    return frame_page("Preview", frame, _button("/worker/accept", "Accept", hitId=hit_id, workerId=worker) + back)


def task_page(task: Task, worker: str) -> str:
    """An accepted HIT."""
    left = f"<span>{task.left_s / 60:.0f} minutes left</span>"
    back = f'<a href="/worker?workerId={escape(worker)}">Back to the list</a>'
    give_back = _button("/worker/return", "Return", assignmentId=task.assignment, workerId=worker)
    return frame_page(task.title, task.frame, left + give_back + back)


def told_page(title: str, text: str) -> str:
    """One thing to say."""
    return document(title, f'<main><h1>{escape(title)}</h1><p id="told">{escape(text)}</p></main>')
