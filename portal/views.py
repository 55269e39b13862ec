"""The customers' pages: sign in or look one order up, follow it, and say what is to be said."""

from typing import Any

from allauth.account.adapter import get_adapter
from django.contrib import messages
from django.db.models import Q
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from aftersales.models import ServiceCase
from aftersales.services import give_feedback, open_case, request_return
from erp.documents.pdf import pdf_response
from erp.errors import BusinessError
from erp.models import Company
from erp.web import add_error, get_or_404, go, keyset_page, render_page
from orders.models import SalesOrder
from orders.waiting import customer_waits
from portal import lookup, papers, selectors
from portal.access import Visit, is_customer, order_required
from portal.forms import CaseForm, FeedbackForm, LookupForm, ReturnForm
from portal.words import meaning, payment
from shipping import services as shipping
from shipping.models import Shipment

PAGE = 20
SHOWN = {"open": SalesOrder.OPEN, "done": (SalesOrder.Status.COMPLETED, SalesOrder.Status.CANCELLED)}
TOO_MANY = 429


@require_safe
@never_cache
def home(request: HttpRequest) -> HttpResponse:
    """A customer's orders; for everybody else the form that finds one."""
    if is_customer(request) and "number" not in request.GET:
        return _own_orders(request)
    form = LookupForm(initial={"number": request.GET.get("number", "")[:30]})
    return render_page(request, "portal/lookup.html", {"form": form})


def _own_orders(request: HttpRequest) -> HttpResponse:
    own = SalesOrder.objects.visible_to(request.user)  # type: ignore[arg-type]
    rows, words = own.select_related("sub_status"), request.GET.get("q", "").strip()[:60]
    shown = request.GET.get("show", "")
    if shown in SHOWN:
        rows = rows.filter(status__in=SHOWN[shown])
    if words:
        rows = rows.filter(Q(number__icontains=words) | Q(external_number__icontains=words))
    page = keyset_page(rows, "-id", request.GET.get("cursor"), PAGE)
    waits = customer_waits(page)
    context = {
        "page": page,
        "shown": shown,
        "words": words,
        "meanings": {order.pk: meaning(order, waits[order.pk][0]) for order in page},
        "customer": _company_of(request),
    }
    return render_page(request, "portal/orders.html", context, block="rows" if "cursor" in request.GET else "list")


def _company_of(request: HttpRequest) -> Any:
    login = getattr(request.user, "customer_login", None)
    return login.customer if login else None


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def look_up(request: HttpRequest) -> HttpResponse:
    """Find one order by number and digits; what was typed is kept when nothing fits."""
    if request.method != "POST":
        return go(request, "portal:home")
    form, status = LookupForm(request.POST), 422
    if form.is_valid():
        try:
            order = lookup.find_order(**form.cleaned_data, address=get_adapter(request).get_client_ip(request))
        except BusinessError as error:
            add_error(form, error)
            status = TOO_MANY if isinstance(error, lookup.TooManyTries) else 422
        else:
            response = go(request, "portal:order", order.number)
            lookup.give_grant(request, response, order)
            return response
    response = render_page(request, "portal/lookup.html", {"form": form}, status=status)
    if status == TOO_MANY:
        response["Retry-After"] = str(lookup.PAUSE)
    return response


@require_safe
@never_cache
@order_required
def order_page(request: HttpRequest, visit: Visit) -> HttpResponse:
    """One order: where it stands, what happened, what is on its way, and what the customer can do."""
    return _order_page(request, visit, FeedbackForm())


def _order_page(request: HttpRequest, visit: Visit, feedback: Form, status: int = 200) -> HttpResponse:
    shown = selectors.order_view(visit.order)
    cause, line_causes = customer_waits([visit.order])[visit.order.pk]
    said = meaning(visit.order, cause)
    lines = {pk: meaning(visit.order, one) for pk, one in line_causes.items()}
    went = next((one.order for one in shown.kin if one.is_whole), None)
    context = {
        "order": visit.order,
        "visit": visit,
        "view": shown,
        "meaning": _("It goes on as part of order %(number)s.") % {"number": went.number} if went else said,
        "line_meanings": {pk: words for pk, words in lines.items() if words != said},
        "payment": payment(visit.order),
        "feedback_form": feedback,
        "is_customer": visit.user is not None,
        # Papers are for the company that signed in, not for whoever knows a number and four digits.
        "files": selectors.files_for_customer(visit.order) if visit.user is not None else [],
    }
    return render_page(request, "portal/order.html", context, status=status)


@require_POST
@order_required
def confirm_receipt(request: HttpRequest, visit: Visit) -> HttpResponse:
    """The customer says that everything sent has arrived."""
    try:
        shipping.confirm_receipt(visit.order, by=visit.user)
    except BusinessError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, _("Thank you. We have noted that your goods have arrived."))
    return go(request, "portal:order", visit.order.number)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@order_required
def ask_return(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Ask to send goods back."""
    form = ReturnForm(request.POST or None, rows=selectors.returnable_lines(visit.order))
    if request.method == "POST" and form.is_valid():
        try:
            made = request_return(
                visit.order,
                lines=form.quantities,
                reason=form.cleaned_data["reason"],
                text=form.cleaned_data["text"],
                by=visit.user,
                by_customer=True,
            )
        except BusinessError as error:
            add_error(form, error)
        else:
            text = _("We have your request %(number)s and will answer soon. Please keep the goods until then.")
            messages.success(request, text % {"number": made.number})
            return go(request, "portal:order", visit.order.number)
    return _form_page(request, visit, form, "portal/return.html")


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@order_required
def complain(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Complain, or ask something."""
    form = CaseForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            case = open_case(
                visit.order,
                **form.cleaned_data,
                severity=ServiceCase.Severity.NORMAL,
                by=visit.user,
                by_customer=True,
            )
        except BusinessError as error:
            add_error(form, error)
        else:
            text = _("We have your message as %(number)s. Somebody will contact you.") % {"number": case.number}
            messages.success(request, text)
            return go(request, "portal:order", visit.order.number)
    return _form_page(request, visit, form, "portal/complaint.html")


def _form_page(request: HttpRequest, visit: Visit, form: Form, template: str) -> HttpResponse:
    context = {"form": form, "order": visit.order, "is_customer": visit.user is not None}
    return render_page(request, template, context, status=422 if form.errors else 200)


@require_POST
@order_required
def rate(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Stars and words; saying it again replaces what was said."""
    form = FeedbackForm(request.POST)
    if form.is_valid():
        try:
            give_feedback(visit.order, **form.cleaned_data, by=visit.user)
        except BusinessError as error:
            add_error(form, error)
        else:
            messages.success(request, _("Thank you for telling us."))
            return go(request, "portal:order", visit.order.number)
    return _order_page(request, visit, form, status=422)


@require_safe
@never_cache
@order_required
def confirmation(request: HttpRequest, visit: Visit) -> HttpResponse:
    """The order confirmation; only for a login, since it names people in full."""
    _login_only(visit)
    return pdf_response(f"{visit.order.number}.pdf", papers.confirmation(visit.order))


@require_safe
@never_cache
@order_required
def delivery_note(request: HttpRequest, visit: Visit, shipment: str) -> HttpResponse:
    """The delivery note of what has left; only for a login."""
    _login_only(visit)
    sent = Shipment.objects.filter(order=visit.order, handed_over_at__isnull=False).select_related("service__carrier")
    return pdf_response(f"{shipment}.pdf", papers.delivery_note(visit.order, get_or_404(sent, number=shipment)))


def _login_only(visit: Visit) -> None:
    if visit.user is None:
        raise Http404(_("Please sign in to fetch papers."))


@require_safe
def manifest(request: HttpRequest) -> JsonResponse:
    """Lets a phone install the portal on its home screen."""
    from erp.jinja import safe_static

    name = str(Company.current())
    icons = [
        {
            "src": safe_static(f"portal/icon-{size}.png"),
            "sizes": f"{size}x{size}",
            "type": "image/png",
            "purpose": purpose,
        }
        for size in (192, 512)
        for purpose in ("any", "maskable")
    ]
    return JsonResponse(
        {
            "name": name,
            "short_name": name[:12],
            "id": reverse("portal:home"),
            "start_url": reverse("portal:home"),
            "scope": reverse("portal:home"),
            "display": "standalone",
            "background_color": "#f5f6f8",
            "theme_color": "#2456c9",
            "lang": request.LANGUAGE_CODE,
            "icons": icons,
        },
        content_type="application/manifest+json",
    )
