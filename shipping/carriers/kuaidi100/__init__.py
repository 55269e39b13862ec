"""快递100: it follows the parcels of nearly every Chinese carrier for us.

Documented at api.kuaidi100.com/document (订阅, 推送, 实时查询). We ask it to follow a parcel (`subscribe`); it posts
a form with `param` (JSON) and `sign` = UPPER(MD5(param + salt)) to our address, the whole trace each time, newest
first. MD5 with a salt at the end is weak: the address has an unguessable end besides. A carrier needs its code there
(`partner_code`: shunfeng, zhongtong), the key (`api_key`), for queries the account (customer), and the salt (`secret`).
"""

import datetime as dt
import hashlib
import hmac
import json
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.http import HttpRequest, JsonResponse
from django.utils.translation import gettext as _

from erp.errors import BusinessError
from shipping.carriers import base
from shipping.carriers.base import Adapter, BadSignature, CallFailed, Report, Scan
from shipping.carriers.http import post
from shipping.carriers.kuaidi100.states import meaning_of
from shipping.models import Carrier, Parcel

SUBSCRIBE = "https://poll.kuaidi100.com/poll"
QUERY = "https://poll.kuaidi100.com/poll/query.do"
ZONE = ZoneInfo("Asia/Shanghai")
# Codes of its answers that trying again does not change: wrong data, no such carrier, wrong key, forbidden number.
FOR_GOOD = {"400", "600", "601", "700", "701", "702"}
ALREADY = "501"  # 重复订阅: it follows the parcel already


class Kuaidi100(Adapter):
    """Subscription, signed push, query."""

    label = "快递100"
    follows = True

    def receive(self, carrier: Carrier, request: HttpRequest, *, token: str) -> Report:
        """Read one push."""
        text = request.POST.get("param", "")
        given = request.POST.get("sign", "").strip().upper()
        if not base.is_own_address(carrier, token) or not carrier.secret:
            raise BadSignature
        if not hmac.compare_digest(sign(text, carrier.secret).encode(), given.encode()):
            raise BadSignature
        return parse_push(text)

    def accepted(self, carrier: Carrier, answer: dict[str, object]) -> JsonResponse:
        """Without these words the push comes again half an hour later."""
        return JsonResponse({"result": True, "returnCode": "200", "message": "成功"})

    def refused(self, status: int, answer: dict[str, str]) -> JsonResponse:
        """Anything else than success; the error's name is for whoever reads its log."""
        words = answer.get("message") or answer["error"]
        return JsonResponse({"result": False, "returnCode": "500", "message": words}, status=status)

    def subscribe(self, parcel: Parcel) -> None:
        """订阅: have a parcel followed until it is signed for."""
        carrier = _carrier(parcel)
        if not carrier.secret:
            raise CallFailed("no salt: pushes could not be believed", for_good=True)
        order = parcel.shipment.order
        param = {
            "company": carrier.partner_code,
            "number": parcel.tracking_number,
            "from": "",
            "to": order.ship_to.get("city", ""),
            "key": carrier.api_key,
            "parameters": {
                "callbackurl": base.callback_url(carrier),
                "salt": carrier.secret,
                "resultv2": "4",
                "phone": _tail(order.ship_to),
            },
        }
        answer = _post(SUBSCRIBE, {"schema": "json", "param": json.dumps(param, ensure_ascii=False)})
        code = str(answer.get("returnCode", ""))
        if not answer.get("result") and code != ALREADY:
            raise CallFailed(f"{code} {answer.get('message', '')}", for_good=code in FOR_GOOD)

    def query(self, parcel: Parcel) -> Report | None:
        """实时查询: the whole trace at once."""
        carrier = _carrier(parcel)
        if not carrier.account:
            return None
        wish = {
            "com": carrier.partner_code,
            "num": parcel.tracking_number,
            "phone": _tail(parcel.shipment.order.ship_to),
            "resultv2": "4",
            "order": "desc",
        }
        param = json.dumps(wish, ensure_ascii=False)
        signature = hashlib.md5((param + carrier.api_key + carrier.account).encode(), usedforsecurity=False)
        form = {"customer": carrier.account, "sign": signature.hexdigest().upper(), "param": param}
        answer = _post(QUERY, form)
        if str(answer.get("status")) != "200":
            code = str(answer.get("returnCode", ""))
            raise CallFailed(f"{code} {answer.get('message', '')}", for_good=code in FOR_GOOD)
        return _report(answer)


def _carrier(parcel: Parcel) -> Carrier:
    carrier = parcel.carrier
    if carrier is None or not carrier.partner_code or not carrier.api_key:
        raise CallFailed("the carrier has no code or key for 快递100", for_good=True)
    return carrier


def _tail(address: dict[str, str]) -> str:
    """顺丰 and 中通 want the last four digits of a phone; more of it is nobody's business."""
    digits = "".join(char for char in address.get("phone", "") if char.isdigit())
    return digits[-4:]


def _post(url: str, form: dict[str, str]) -> dict[str, Any]:
    kind = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
    status, text = post(url, urlencode(form).encode(), kind)
    if status != 200:
        raise CallFailed(f"{status} {text[:200]}")
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise CallFailed("the answer is no JSON") from error
    if not isinstance(data, dict):
        raise CallFailed("the answer is no JSON object")
    return data


def sign(param: str, salt: str) -> str:
    """UPPER(MD5(param + salt)) over the form field's text exactly as received."""
    return hashlib.md5((param + salt).encode(), usedforsecurity=False).hexdigest().upper()


def parse_push(text: str) -> Report:
    """A push as a report. Raises BusinessError naming the place that is not as documented."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BusinessError(_("The message is not JSON."), code="not_json", field="param") from error
    if not isinstance(data, dict) or not isinstance(data.get("lastResult"), dict):
        raise BusinessError(_("“%(field)s” is missing or not a text.") % {"field": "lastResult"}, field="lastResult")
    silence = str(data.get("message") or "abort")[:200] if data.get("status") == "abort" else ""
    # The carrier's code was put right: pushes under the new one follow, so this is not the end.
    return _report(data["lastResult"], silence="" if data.get("comNew") else silence)


def _report(result: dict[str, Any], *, silence: str = "") -> Report:
    number = result.get("nu")
    rows = result.get("data")
    rows = [] if rows is None else rows
    if not isinstance(number, str) or not number.strip():
        raise BusinessError(_("“%(field)s” is missing or not a text.") % {"field": "nu"}, field="nu")
    if not isinstance(rows, list):
        raise BusinessError(_("“%(field)s” is missing or not a text.") % {"field": "data"}, field="data")
    newest = str(result.get("state", ""))
    scans = [_scan(number, row, place, newest if place == 0 else "") for place, row in enumerate(rows)]
    found = [scan for scan in scans if scan is not None]
    return Report(number, sorted(found, key=lambda scan: scan.at), expected_on=_arrival(result), silence=silence)


def _scan(number: str, row: Any, place: int, state: str) -> Scan | None:
    """One node of the trace. Its own code counts; the newest without one has the state of the whole."""
    where = f"data.{place}"
    if not isinstance(row, dict) or not isinstance(row.get("context"), str) or not row["context"].strip():
        raise BusinessError(_("“%(field)s” is missing or not a text.") % {"field": where}, field=where)
    moment = str(row.get("ftime") or row.get("time") or "")
    try:
        at = dt.datetime.strptime(moment, "%Y-%m-%d %H:%M:%S").replace(tzinfo=ZONE)
    except ValueError as error:
        raise BusinessError(_("“%(text)s” is not a time.") % {"text": moment}, field=where) from error
    meaning = meaning_of(str(row.get("statusCode") or ""), str(row.get("status") or "")) or meaning_of(state)
    if meaning is None:
        meaning = meaning_of("0")
    assert meaning is not None
    if not meaning.state:
        return None
    text = row["context"].replace("\x00", "").strip()
    made = hashlib.sha256(f"{number}\n{moment}\n{text}\n{meaning.state}".encode()).hexdigest()[:40]
    return Scan(
        event_id=made,
        state=meaning.state,
        trouble=meaning.trouble,
        text=text,
        place=str(row.get("areaName") or "")[:100],
        at=at,
    )


def _arrival(result: dict[str, Any]) -> dt.date | None:
    """预计到达 is told for some carriers, as “2026-11-23 18”."""
    try:
        return dt.date.fromisoformat(str(result.get("arrivalTime") or "")[:10])
    except ValueError:
        return None
