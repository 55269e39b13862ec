"""Acts on many orders: the look ahead, the work, its result sheet, taking it back, and work that is interrupted."""

import dataclasses
import datetime as dt
import io
import re
from collections import Counter
from types import SimpleNamespace

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.utils import timezone
from openpyxl import load_workbook
from pypdf import PdfReader

from erp import jobs
from erp.errors import BusinessError
from erp.models import Job, JobItem, StatusChange
from erp.workflow import advance
from orders.bulk import ACTS
from orders.models import ApprovalLevel, ApprovalPolicy, OrderCheck, SalesOrder
from orders.services import assign, hold
from orders.views import bulk
from tests.cast import make_order, make_product, make_user, put_in_stock

pytestmark = pytest.mark.usefixtures("no_auto_approval")
Status = SalesOrder.Status


@pytest.fixture
def as_(client):
    """The client signed in as somebody."""

    def sign_in(user):
        client.force_login(user)
        return client

    return sign_in


@pytest.fixture
def some(cast):
    """Pending orders: one ready to be approved, one on hold, one with a blocking check, one that is cancelled."""
    product = make_product()
    put_in_stock(product, 100)
    good, held, blocked, gone = (make_order((product, 1), customer=cast.alpha) for _ in range(4))
    hold(held, by=cast.manager, reason="等客户确认图纸")
    OrderCheck.objects.update_or_create(order=blocked, code="address", defaults={"severity": OrderCheck.Severity.BLOCK})
    advance(gone, "cancel", by=cast.manager, note="客户取消")
    return SimpleNamespace(good=good, held=held, blocked=blocked, gone=gone, all=[good, held, blocked, gone])


def begin(client, act, orders, **said):
    """Confirm the look ahead; the job that it started."""
    answer = client.post("/orders/bulk/start/", {"act": act, "orders": ",".join(str(one.pk) for one in orders)} | said)
    assert answer.status_code == 302, answer.content.decode()
    return Job.objects.get(pk=int(answer["Location"].split("/")[2]))


def states(job):
    """How many things of a job are in each state."""
    return Counter(job.items.values_list("state", flat=True))


def test_the_look_ahead_names_who_stays_and_why_and_does_nothing(as_, cast, some):
    page = as_(cast.manager).post("/orders/bulk/", {"act": "approve", "selected": [one.number for one in some.all]})
    text = page.content.decode()
    assert page.status_code == 200
    left_out = text.split('id="left-out"')[1].split('id="willing"')[0]
    assert "等客户确认图纸" in left_out
    assert all(one.number in left_out for one in (some.held, some.blocked, some.gone))
    assert some.good.number not in left_out
    some.good.refresh_from_db()
    assert some.good.status == Status.PENDING
    assert not Job.objects.exists()


@pytest.mark.parametrize("act", ["approve", "reject", "hold", "release", "assign"])
@pytest.mark.parametrize("role", ["manager", "approver"])
def test_the_look_ahead_foretells_what_happens(cast, some, act, role):
    user = getattr(cast, role)
    if not ACTS[act].may(user):
        pytest.skip("the role does not include it")
    arguments = {"act": act, "reason": "价格不对", "person": cast.sales.pk}
    assign(some.held, None, by=None)
    orders = list(SalesOrder.objects.order_by("id"))
    foretold = set(ACTS[act].look(orders, user, arguments))
    things = [jobs.Thing(one.pk, one.number) for one in orders]
    job = jobs.start("orders.bulk", title="x", by=user, things=things, arguments=arguments)
    jobs.run(job.pk)
    refused = set(job.items.filter(state=JobItem.State.REFUSED).values_list("object_id", flat=True))
    # Giving an order to who has it already is left out beforehand, and harmless when it happens.
    assert refused == foretold - {one.pk for one in orders if act == "assign" and one.salesperson_id == cast.sales.pk}


def test_approving_many_writes_a_sheet(as_, cast, some):
    client = as_(cast.approver)
    job = begin(client, "approve", some.all)
    assert (job.status, job.done, job.total) == ("done", 4, 4)
    assert states(job) == {"done": 1, "refused": 3}
    some.good.refresh_from_db()
    assert some.good.status == Status.READY_TO_SHIP
    text = client.get(job.get_absolute_url()).content.decode()
    assert "等客户确认图纸" in text
    assert "撤回" not in text  # a decision stands
    response = client.get(f"/jobs/{job.pk}/result.xlsx")
    rows = list(load_workbook(io.BytesIO(b"".join(response.streaming_content))).active.iter_rows(values_only=True))
    assert len(rows) == 5
    assert client.post(f"/jobs/{job.pk}/undo/").status_code == 422


def test_the_same_form_twice_is_the_same_work(as_, cast, some):
    client = as_(cast.manager)
    first = begin(client, "hold", [some.good], reason="等款", token="t1")
    again = begin(client, "hold", [some.good], reason="等款", token="t1")
    assert first == again
    assert StatusChange.objects.filter(document_id=some.good.pk, transition="hold").count() == 1


def test_who_may_not_is_refused(as_, cast, some):
    numbers = [some.good.number]
    for act in ("approve", "reject", "hold", "release", "assign"):
        assert as_(cast.sales).post("/orders/bulk/", {"act": act, "selected": numbers}).status_code == 403
        started = as_(cast.sales).post("/orders/bulk/start/", {"act": act, "orders": some.good.pk})
        assert started.status_code == 403
    assert as_(cast.manager).post("/orders/bulk/", {"act": "explode"}).status_code == 404
    assert as_(cast.manager).get("/orders/bulk/").status_code == 405
    assert as_(cast.alpha_login).post("/orders/bulk/", {"act": "approve"}).status_code == 404
    assert as_(cast.manager).post("/orders/bulk/", {"act": "approve"}).status_code == 422
    assert not Job.objects.exists()


def test_whoever_a_policy_asks_decides_without_the_general_right(as_, cast):
    policy = ApprovalPolicy.objects.create(name="大单")
    level = ApprovalLevel.objects.create(policy=policy, level=1)
    level.roles.add(Group.objects.get(name="finance"))
    order = make_order((make_product(), 1), customer=cast.alpha)
    job = begin(as_(cast.finance), "approve", [order])
    assert states(job) == {"done": 1}
    order.refresh_from_db()
    assert order.status == Status.APPROVED
    other = make_order((make_product(), 1), customer=cast.alpha)
    assert states(begin(as_(cast.approver), "approve", [other])) == {"refused": 1}  # it is finance's to decide


def test_orders_of_others_are_not_reached(as_, cast, some):
    stranger = make_user("sales")
    client = as_(stranger)
    assert client.post("/orders/bulk/", {"act": "export", "selected": [some.good.number]}).status_code == 422
    job = jobs.start(
        "orders.bulk",
        title="x",
        by=stranger,
        things=[jobs.Thing(some.good.pk, "x")],
        arguments={"act": "hold", "reason": "x"},
    )
    jobs.run(job.pk)
    assert states(job) == {"refused": 1}
    some.good.refresh_from_db()
    assert not some.good.hold_reason


@pytest.mark.parametrize(("act", "said"), [("reject", "reason"), ("hold", "reason"), ("assign", "person")])
def test_what_must_be_said_is_asked_for(as_, cast, some, act, said):
    data = {"act": act, "orders": str(some.good.pk), said: ""}
    answer = as_(cast.manager).post("/orders/bulk/start/", data)
    assert answer.status_code == 422
    assert some.good.number in answer.content.decode()
    too_long = as_(cast.manager).post("/orders/bulk/start/", data | {said: "9" * 2001})
    assert too_long.status_code == 422
    assert not Job.objects.exists()


def test_hold_is_taken_back_where_nothing_changed_since(as_, cast, some):
    client = as_(cast.manager)
    other = make_order((make_product(), 1), customer=cast.alpha)
    job = begin(client, "hold", [some.good, other], reason="等款")
    assert states(job) == {"done": 2}
    hold(other, by=cast.approver, reason="另有原因")
    answer = client.post(f"/jobs/{job.pk}/undo/")
    undone = Job.objects.get(undo_of=job)
    assert answer["Location"] == undone.get_absolute_url()
    assert states(undone) == {"done": 1, "refused": 1}
    some.good.refresh_from_db()
    other.refresh_from_db()
    assert (some.good.hold_reason, other.hold_reason) == ("", "另有原因")
    client.post(f"/jobs/{job.pk}/undo/")  # once, however often asked
    assert Job.objects.filter(undo_of=job).count() == 1
    assert client.post(f"/jobs/{undone.pk}/undo/").status_code == 422


def test_release_and_assignment_are_taken_back(as_, cast, some):
    client = as_(cast.manager)
    seller = make_user("sales", "second")
    released = begin(client, "release", [some.held])
    assigned = begin(client, "assign", [some.good, some.held], person=seller.pk)
    some.held.refresh_from_db()
    assert (some.held.hold_reason, some.held.salesperson) == ("", seller)
    version = some.held.version
    assign(some.good, cast.sales, by=cast.manager)
    for job in (released, assigned):
        client.post(f"/jobs/{job.pk}/undo/")
    some.good.refresh_from_db()
    some.held.refresh_from_db()
    assert (some.held.hold_reason, some.held.salesperson) == ("等客户确认图纸", cast.sales)
    assert some.held.version == version + 1  # an open form of the order is told
    assert states(Job.objects.get(undo_of=assigned)) == {"done": 1, "refused": 1}


def test_assigning_refuses_the_finished_and_who_does_not_sell(cast, some):
    with pytest.raises(BusinessError):
        assign(some.gone, make_user("sales"), by=cast.manager)
    with pytest.raises(BusinessError):
        assign(some.good, cast.finance, by=cast.manager)
    before = StatusChange.objects.count()
    assign(some.good, some.good.salesperson, by=cast.manager)
    assert StatusChange.objects.count() == before


def test_everything_that_matches_runs_and_not_what_came_later(as_, cast, some):
    client = as_(cast.manager)
    shown = client.post("/orders/bulk/", {"act": "hold", "everything": "1", "query": "v=0&status=pending"})
    keys = re.split(r'name="orders"\s+value="', shown.content.decode())[1].split('"')[0].split(",")
    assert {int(key) for key in keys} == {some.good.pk, some.held.pk, some.blocked.pk}
    late = make_order((make_product(), 1), customer=cast.alpha)
    answer = client.post("/orders/bulk/start/", {"act": "hold", "orders": ",".join(keys), "reason": "盘点"})
    late.refresh_from_db()
    assert answer.status_code == 302
    assert not late.hold_reason


def test_more_than_the_most_is_said(as_, cast, some, monkeypatch):
    monkeypatch.setattr("orders.views.bulk.MOST", 2)
    monkeypatch.setitem(bulk.FILES, "print", 2)
    text = as_(cast.manager).post("/orders/bulk/", {"act": "hold", "everything": "1", "query": "v=0"}).content.decode()
    assert len(re.split(r'name="orders"\s+value="', text)[1].split('"')[0].split(",")) == 2
    assert "一次最多处理 2 张" in text
    assert as_(cast.manager).post("/orders/bulk/", {"act": "print", "everything": "1"}).status_code == 422


def test_confirmations_print_as_one_file(as_, cast, some):
    client = as_(cast.sales)
    answer = client.post("/orders/bulk/", {"act": "print", "selected": [some.good.number, some.held.number]})
    response = client.get(answer["Location"])
    pages = PdfReader(io.BytesIO(b"".join(response.streaming_content))).pages
    texts = [page.extract_text() for page in pages]
    assert [some.held.number in texts[0], some.good.number in texts[-1]] == [True, True]
    assert as_(cast.manager).get(answer["Location"]).status_code == 404  # it is the other person's work


def test_export_has_the_chosen_columns_and_rows(as_, cast, some):
    client = as_(cast.manager)
    asked = {"act": "export", "everything": "1", "query": "v=0&status=pending&sort=number", "columns": "number,hold"}
    response = client.get(client.post("/orders/bulk/", asked)["Location"])
    rows = list(load_workbook(io.BytesIO(b"".join(response.streaming_content))).active.iter_rows(values_only=True))
    assert [row[0] for row in rows] == ["单号", some.good.number, some.held.number, some.blocked.number]
    assert rows[2][1] == "等客户确认图纸 · manager"


def many(cast, count):
    """A job that is too large to be done within the request."""
    product = make_product()
    orders = [make_order((product, 1), customer=cast.alpha) for _ in range(count)]
    things = [jobs.Thing(one.pk, one.number) for one in orders]
    arguments = {"act": "hold", "reason": "盘点"}
    return orders, jobs.start("orders.bulk", title="盘点", by=cast.manager, things=things, arguments=arguments)


def test_killed_work_goes_on_where_it_stopped(as_, cast, monkeypatch):
    orders, job = many(cast, 5)
    real, calls = ACTS["hold"].run, []

    def dies(order, user, arguments):
        calls.append(order.pk)
        if len(calls) == 3:
            raise SystemExit  # the worker is killed within its third order
        return real(order, user, arguments)

    monkeypatch.setitem(ACTS, "hold", dataclasses.replace(ACTS["hold"], run=dies))
    with pytest.raises(SystemExit):
        jobs.run(job.pk)
    job.refresh_from_db()
    assert job.is_under_way
    assert states(job) == {"done": 2, "waiting": 3}
    progress = as_(cast.manager).get(job.get_absolute_url()).content.decode()
    assert "data-live" in progress
    jobs.run(job.pk)
    jobs.run(job.pk)  # delivered twice
    job.refresh_from_db()
    assert (job.status, job.done) == ("done", 5)
    assert set(StatusChange.objects.filter(transition="hold").values_list("document_id", flat=True)) == {
        one.pk for one in orders
    }
    assert StatusChange.objects.filter(transition="hold").count() == 5


def test_one_that_breaks_does_not_stop_the_others(cast, monkeypatch):
    orders, job = many(cast, 3)
    real = ACTS["hold"].run

    def breaks(order, user, arguments):
        if order.pk == orders[1].pk:
            raise RuntimeError("bug")
        return real(order, user, arguments)

    monkeypatch.setitem(ACTS, "hold", dataclasses.replace(ACTS["hold"], run=breaks))
    jobs.run(job.pk)
    assert states(job) == {"done": 2, "refused": 1}
    orders[1].refresh_from_db()
    assert not orders[1].hold_reason


def handed_over(monkeypatch):
    """What is sent to the worker: the job and the queue."""
    sent = []
    monkeypatch.setattr("erp.tasks.run_job.apply_async", lambda args, queue: sent.append((*args, queue)))
    return sent


def test_the_sweep_finds_only_what_is_silent(cast, monkeypatch):
    sent = handed_over(monkeypatch)
    _orders, silent = many(cast, 1)
    _orders, alive = many(cast, 1)
    finished = jobs.start("orders.bulk", title="x", by=cast.manager, arguments={"act": "hold"})
    jobs.run(finished.pk)
    long_ago = timezone.now() - dt.timedelta(minutes=10)
    Job.objects.filter(pk__in=[silent.pk, finished.pk]).update(created_at=long_ago, seen_at=long_ago)
    Job.objects.filter(pk=alive.pk).update(seen_at=timezone.now())
    Job.objects.create(kind="load_demo", title="not ours", status=Job.Status.RUNNING, created_at=long_ago)
    assert jobs.sweep() == 1
    assert sent == [(silent.pk, "interactive")]


def test_many_are_done_in_turns_and_files_beside_long_work(cast, monkeypatch):
    sent = handed_over(monkeypatch)
    monkeypatch.setattr(jobs, "A_TURN", 2)
    _orders, job = many(cast, 3)
    jobs.run(job.pk)
    assert states(job) == {"done": 2, "waiting": 1}
    assert sent == [(job.pk, "interactive")]
    jobs.run(job.pk)
    job.refresh_from_db()
    assert (job.status, states(job), len(sent)) == ("done", {"done": 3}, 1)
    export = jobs.start("orders.export", title="x", by=cast.manager, total=9)
    long_ago = timezone.now() - dt.timedelta(minutes=10)
    Job.objects.filter(pk=export.pk).update(created_at=long_ago)
    assert jobs.sweep() == 1
    assert sent[1:] == [(export.pk, "batch")]


def test_pages_of_work_are_ones_own(as_, cast):
    _orders, job = many(cast, 1)
    assert as_(cast.manager).get("/jobs/").content.decode().count(job.get_absolute_url()) >= 1
    assert job.get_absolute_url() not in as_(cast.approver).get("/jobs/").content.decode()
    for path in ("", "file/", "result.xlsx"):
        assert as_(cast.approver).get(f"/jobs/{job.pk}/{path}").status_code == 404
    assert as_(cast.manager).get(f"/jobs/{job.pk}/file/").status_code == 404
    assert as_(cast.alpha_login).get("/jobs/").status_code == 404
    assert as_(cast.manager).get("/orders/").content.decode().count("job-strip") == 1


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_one_job_do_each_thing_once(cast):
    from concurrent.futures import ThreadPoolExecutor

    _orders, job = many(cast, 12)

    def work(_number):
        try:
            jobs.run(job.pk)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(work, range(2)))
    jobs.run(job.pk)  # whoever ended first left the last things to the other
    job.refresh_from_db()
    assert (job.status, states(job)) == ("done", {"done": 12})
    assert StatusChange.objects.filter(transition="hold").count() == 12
