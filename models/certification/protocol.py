"""The protocol of a verification, for its file and for paper: in English, without secrets."""

from ...glase import VERSION
from ...rules import state_machine
from ...rules.certification_sheet import OK, PASSED, STEPS
from ..accounts.glase_connection import POS_NAME_AND_VERSION
from .glase_verification_parts import in_utc


def text(run):
    """The whole protocol as plain text.

    :param run: one ``glase.verification`` that has ended
    :rtype: str
    """
    told = read(run)
    lines = ["Verification of a Glase integration", ""]
    lines += [f"{label}: {value}" for label, value in told["head"]]
    for title, listed in told["lists"]:
        lines += ["", f"{title}:", *(f"- {line}" for line in listed)]
    for block in told["blocks"]:
        if "title" in block:
            lines += ["", "=" * 78, block["title"], *block["lines"]]
        if "headline" in block:
            lines += ["", f"--- {block['headline']}"]
        if "content" in block:
            lines += [f"--- {block['part']}"] * bool(block["part"]) + [block["content"]]
    return "\n".join(lines) + "\n"


def read(run):
    """All that the protocol says, for whatever it is written on.

    :return: ``head``: pairs of label and value; ``lists``: pairs of title and lines; ``blocks``: what is
        not torn apart, in its order: a step's ``title`` and ``lines`` with the first text of its first call,
        a call's ``headline`` with its first text (``part``, what it is, and ``content``)
    :rtype: dict
    """
    return {
        "head": _head(run),
        "lists": [(title, lines) for title, lines in _lists(run) if lines],
        "blocks": list(_blocks(run)),
    }


def _blocks(run):
    for step in run.step_ids:
        block = {"title": _title(step), "lines": list(_lines(step))}
        for one in step.exchange_ids:
            block["headline"] = headline(one)
            for part, content in _parts(one):
                yield {**block, "part": part, "content": content}
                block = {}
        if block:
            yield block


def _lists(run):
    yield "Left to do", (run.left_behind or "").splitlines()
    yield "Not passed", [_title(one, one.verdict) for one in run.step_ids if one.state != OK]
    yield "Not as on the sheet", (run.deviations or "").splitlines()
    yield "What happened to this run", (run.history or "").splitlines()
    yield "Invoices", [_bill_line(bill) for bill in run.bill_ids]


def _head(run):
    other_form = run.deviations and run.state == PASSED
    result = f"{run.state}, but not in all as the sheet says" if other_form else run.state
    counts = f"{run.ok_count} ok, {run.failed_count} failed, {run.skipped_count} skipped"
    form, reference = (
        ("switched on", POS_NAME_AND_VERSION)
        if run.certifying
        else ("switched off", "one of each call's own")
    )
    # What stands in the place of what there is not.
    lines = [
        ("Result", result, ""),
        ("Company", run.company_id.name, ""),
        ("Environment", " ".join(filter(None, (run.environment, run.endpoint))), ""),
        ("Reseller", run.reseller_id, ""),
        ("Terminal", run.terminal_identifier, "none"),
        ("Terminal's external id", run.external_identifier, ""),
        ("Terminal unregistered", in_utc(run.unregistered_at), "no"),
        ("Glase ID", run.glase_id, ""),
        ("Certification references", form, ""),
        ("Client ID", run.client_identity, ""),
        ("Client reference", reference, ""),
        ("Transaction period", run.period_identifier, "none"),
        ("Amount of each invoice", f"{run.amount:.2f} {run.currency_id.name}", ""),
        ("Software", f"Odoo POS / pos_glase {VERSION}", ""),
        ("Started", in_utc(run.started_at), ""),
        ("Finished", in_utc(run.finished_at), ""),
        ("Steps", counts, ""),
        ("Times", "UTC; a call's is when it was answered or given up, after so many seconds", ""),
    ]
    return [(label, value or instead) for label, value, instead in lines]


def _title(step, verdict=""):
    title = f"{step._called()} ({step.operation}): {step.state.upper()}"
    return f"{title}. {verdict}" if verdict else title


def _lines(step):
    """What stands under the title of a step."""
    yield f"Looked at: {step.looked_at}"
    if step.verdict:
        yield f"Verdict: {step.verdict}"
    for line in (step.deviation or "").splitlines():
        yield f"Not as on the sheet: {line}"
    first = min(step.exchange_ids.mapped("time"), default=step.started_at)
    if first and not step.started_at:
        yield f"Called at {in_utc(first)}, taken back for the pause, and not begun again"
    elif first and first < step.started_at:
        yield f"First called at {in_utc(first)}, and begun again"
    if step.started_at:
        yield f"From {in_utc(step.started_at)} to {in_utc(step.ended_at)}"


def _label(record, name):
    """The label of a choice as it goes to Glase, whatever language the user reads."""
    return dict(record._fields[name].selection).get(record[name], "")


def _join(*parts):
    return ", ".join(part for part in parts if part)


def _bill_line(bill):
    """One line: what was sent, and how it ended."""
    step = STEPS.get(bill.key)
    return _join(
        bill.invoice_reference or "without a reference",
        f"sent at {in_utc(bill.sent_at)}",
        step and f"in “{step.title}”",
        _label(bill, "state").lower(),
        bill.ers_reference and f"payment {bill.ers_reference}",
        _label(bill, "refund_state").lower(),
        bill.refund_reference and f"refund {bill.refund_reference}",
    )


def headline(exchange):
    """A call in one line: when, what about which invoice, and how it ended."""
    invoice, reference = exchange.bill_id.invoice_reference, exchange.client_reference
    answered = exchange.outcome == state_machine.ANSWER
    return _join(
        in_utc(exchange.time),
        exchange.operation,
        invoice and f"invoice {invoice}",
        f"code {exchange.code}" if answered else _label(exchange, "outcome"),
        exchange.status,
        reference and f"client reference {reference}",
        f"{exchange.seconds:.3f} s",
        exchange.count > 1 and f"{exchange.count} times, last at {in_utc(exchange.last_time)}",
        exchange.clearing and "called to leave nothing open",
    )


def _parts(exchange):
    """What stands under that line, as (title, content)."""
    removed = "Request and answer were removed when their days were over."
    parts = (
        ("", exchange.words),
        ("", exchange.texts_removed and removed),
        ("request", exchange.request),
        ("answer", exchange.response),
        ("the same was asked and answered again", exchange.repeats),
    )
    return [(title, content) for title, content in parts if content]
