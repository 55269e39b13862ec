"""Where orders come from: channels, what they sent, and which of our products and customers they mean."""

from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from erp.fields import RateField, SecretField
from erp.models import ScopedQuerySet
from inventory.models import Product, Warehouse
from orders.models.customer import Customer, looked_after_by

if TYPE_CHECKING:
    from erp.models import User


class ChannelQuerySet(models.QuerySet["Channel"]):
    """Channels, as filters offer them."""

    def in_use(self) -> Self:
        """Those that people choose, web shops, and those that orders have come by. Needs no look at every order."""
        order = self.model._meta.get_field("orders").related_model
        came = order.objects.filter(channel=OuterRef("pk"))  # type: ignore[union-attr]
        return self.filter(Q(is_manual=True) | ~Q(adapter="") | Exists(came))


class Channel(models.Model):
    """A way in which orders reach us: phone, web, salesman, file, API, or the webhooks of a web shop.

    A web shop has an `adapter` (a name of `orders.channels.ADAPTERS`) and the `secret` its deliveries are signed with.
    """

    code = models.CharField(_("code"), max_length=30, unique=True)
    name = models.CharField(_("name"), max_length=60)
    name_en = models.CharField(_("English name"), max_length=60, blank=True)
    is_manual = models.BooleanField(_("offered in the order form"), default=True)
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    adapter = models.CharField(_("shop system"), max_length=30, blank=True)
    secret = SecretField(_("webhook secret"), blank=True)
    salesperson = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("salesperson"),
        help_text=_("Looks after the orders of this shop."),
    )
    warehouse = models.ForeignKey(
        Warehouse, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("warehouse")
    )
    promise_days = models.PositiveSmallIntegerField(
        _("days to deliver"), default=3, help_text=_("The promised date of a shop order is so many days ahead.")
    )
    hold_unpaid = models.BooleanField(
        _("hold what is not paid"),
        default=True,
        help_text=_("Orders of the shop are put on hold until the shop says that they are paid."),
    )
    currency = models.CharField(
        _("other currency"),
        max_length=3,
        blank=True,
        help_text=_("Code of the currency the shop sells in, when it is not the company's: USD."),
    )
    rate = RateField(_("exchange rate"), default=1, help_text=_("Company's currency for one unit of the shop's."))

    objects = ChannelQuerySet.as_manager()

    class Meta:
        verbose_name = _("channel")
        verbose_name_plural = _("channels")
        ordering = ["position", "code"]
        constraints = [models.CheckConstraint(condition=Q(rate__gt=0), name="channel_rate_positive")]

    def __str__(self) -> str:
        return self.name_en if self.name_en and get_language() == "en" else self.name


class ChannelOrderQuerySet(ScopedQuerySet):
    """Deliveries by who may see them."""

    def visible_to(self, user: "User") -> Self:
        """Who corrects orders; without the right to all orders: of their own channels, and of their own orders."""
        if user.is_portal or not user.is_active or not user.has_perm("orders.change_salesorder"):
            return self.none()
        if user.has_perm("orders.view_all_orders"):
            return self
        unowned = Q(order=None) & (Q(channel__salesperson=None) | Q(channel__salesperson=user))
        return self.filter(unowned | looked_after_by(user, "order__"))

    def delivered(self) -> Self:
        """What came by webhook, without the rows of imported files."""
        return self.exclude(event_id="")


# Why a delivery stands where it stands. The words are looked up in the reader's language when they are shown.
DELIVERY_FINDINGS = {
    "created": _("Entered as a new order."),
    "updated": _("The order was brought up to date."),
    "linked": _("The order was here already; it was left as it is."),
    "noted": _("Noted on the order; its contents are the same."),
    "person": _("The order cannot be changed by itself any more; it was put on hold or its salesperson was told."),
    "refund": _("The refund was noted on the order."),
    "deleted": _("The shop deleted the order; it was cancelled here, or its salesperson was told."),
    "duplicate": _("The same state was delivered before."),
    "older": _("A newer state of the order was delivered before."),
    "topic": _("This kind of message is not needed here."),
    "test": _("A test message of the shop."),
    "draft": _("The customer has not placed the order yet."),
    "gone": _("The order was cancelled in the shop before it could be entered."),
    "dismissed": _("Put aside by %(by)s."),
    "json": _("The message is not JSON and cannot be read."),
    "shape": _("The message cannot be read: %(what)s."),
    "sku": _("No product is known for: %(skus)s. Say which of our products is meant, then it is tried again."),
    "totals": _("The lines come to %(ours)s, but the shop says %(theirs)s. Enter the order by hand."),
    "negative": _("“%(name)s” has a negative amount. Enter the order by hand."),
    "empty": _("The order has nothing to deliver."),
    "currency": _(
        "The order is in %(currency)s. Give the channel this currency and its exchange rate, then try again."
    ),
    "no_order": _("The order itself has not arrived yet. This is done as soon as it does."),
    "refused": _("%(message)s %(hint)s"),
    "technical": _("It failed %(attempts)s times for a technical reason. Try again, or tell the administrator."),
}


class ChannelOrder(models.Model):
    """What a channel sent, kept raw: a delivery of a webhook (渠道订单), or an order of an imported file.

    `body` is a delivery exactly as it came; rows of files keep `payload` and have no event. `source_id` is the shop's
    key of the order, `external_number` the number that its customer knows.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        TAKEN = "taken", _("taken")
        FAILED = "failed", _("failed")  # a person must mend something
        IGNORED = "ignored", _("not needed")

    class Kind(models.TextChoices):
        ORDER = "order", _("order")
        DELETION = "deletion", _("deletion")
        REFUND = "refund", _("refund")
        OTHER = "other", _("other")

    channel = models.ForeignKey(Channel, on_delete=models.PROTECT, related_name="raw_orders")
    external_number = models.CharField(_("external number"), max_length=80, blank=True)
    source_id = models.CharField(_("key in the shop"), max_length=80, blank=True)
    event_id = models.CharField(_("delivery number"), max_length=120, blank=True)
    topic = models.CharField(_("topic"), max_length=60, blank=True)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind, default=Kind.ORDER)
    payload = models.JSONField(_("payload"), default=dict)
    body = models.TextField(_("message"), blank=True)
    signature_ok = models.BooleanField(_("signature verified"), null=True, help_text=_("Empty: it was not signed."))
    received_at = models.DateTimeField(_("received at"), default=timezone.now)
    source_updated_at = models.DateTimeField(_("changed in the shop at"), null=True)

    state = models.CharField(_("state"), max_length=10, choices=State, default=State.TAKEN)
    finding = models.CharField(_("finding"), max_length=20, blank=True)
    values = models.JSONField(_("values"), default=dict)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    tried_at = models.DateTimeField(_("tried at"), null=True)
    error = models.TextField(_("error"), blank=True)
    # What of the delivery was put into the order, to compare the next one with.
    facts = models.JSONField(_("facts"), default=dict)
    order = models.ForeignKey(
        "orders.SalesOrder",
        on_delete=models.SET_NULL,
        null=True,
        related_name="deliveries",
        verbose_name=_("sales order"),
    )

    objects = ChannelOrderQuerySet.as_manager()

    class Meta:
        verbose_name = _("channel order")
        verbose_name_plural = _("channel orders")
        constraints = [
            models.UniqueConstraint(
                fields=["channel", "external_number"], condition=Q(event_id=""), name="channelorder_channel_number"
            ),
            models.UniqueConstraint(
                fields=["channel", "event_id"], condition=~Q(event_id=""), name="channelorder_channel_event"
            ),
        ]
        indexes = [
            # All that was delivered of one order.
            models.Index(fields=["channel", "source_id", "id"], condition=~Q(source_id=""), name="channelorder_source"),
            # The queue: what waits and what failed is little, what is taken is much.
            models.Index(
                fields=["state", "-id"], condition=Q(state__in=["waiting", "failed"]), name="channelorder_queue"
            ),
        ]

    def __str__(self) -> str:
        return self.external_number or self.source_id or self.event_id

    @property
    def message(self) -> str:
        """What became of it, in the reader's language."""
        if not self.finding:
            return ""
        return (str(DELIVERY_FINDINGS[self.finding]) % self.values).strip()


class ChannelProduct(models.Model):
    """Which of our products a shop means by its SKU. Without a row, the shop's SKU is ours."""

    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, related_name="products", verbose_name=_("channel"))
    external_sku = models.CharField(_("SKU in the shop"), max_length=120)
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="+", verbose_name=_("product"))

    class Meta:
        verbose_name = _("product of a channel")
        verbose_name_plural = _("products of channels")
        constraints = [models.UniqueConstraint(fields=["channel", "external_sku"], name="channelproduct_channel_sku")]

    def __str__(self) -> str:
        return f"{self.external_sku} → {self.product}"


class ChannelCustomer(models.Model):
    """Which of our customers a shop means: by its key there, or, for guests, by e-mail address or phone."""

    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, related_name="customers", verbose_name=_("channel"))
    external_id = models.CharField(_("key in the shop"), max_length=200)
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="+", verbose_name=_("customer"))

    class Meta:
        verbose_name = _("customer of a channel")
        verbose_name_plural = _("customers of channels")
        constraints = [models.UniqueConstraint(fields=["channel", "external_id"], name="channelcustomer_channel_id")]

    def __str__(self) -> str:
        return f"{self.external_id} → {self.customer}"
