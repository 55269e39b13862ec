"""What automatic checks found on an order, as keys with values: each reader gets it in their own language."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

CHECK_LABELS = {
    "data": _("Order data"),
    "customer": _("Customer data"),
    "address": _("Delivery address"),
    "price": _("Price"),
    "stock": _("Stock"),
    "date": _("Delivery date"),
    "credit": _("Credit"),
    "overdue": _("Overdue receivables"),
    "duplicate": _("Duplicate"),
}
FINDINGS = {
    "ok": _("In order."),
    "off": _("Not checked for this channel."),
    "no_lines": _("The order has no lines."),
    "contact_missing": _("Nobody to call: neither the order nor the customer has a phone number."),
    "product_inactive": _("No longer sold: %(products)s."),
    "date_late": _("Cannot be there by %(date)s: %(products)s. All of it can be there on %(ready)s."),
    "date_past": _("The promised date %(date)s has passed."),
    "overdue": _("%(amount)s are overdue, the oldest for %(days)s days."),
    "no_limit": _("No credit limit is set."),
    "customer_inactive": _("The customer is blocked. Unblock it on its page, or reject the order."),
    "customer_incomplete": _("Missing on the customer: %(fields)s."),
    "address_incomplete": _("Missing in the delivery address: %(fields)s."),
    "price_zero": _("Without a price: %(products)s."),
    "price_below_list": _("Below the list price: %(products)s."),
    "discount_floor": _("Below what the salesperson may agree to alone: %(products)s."),
    "margin_floor": _("Margin below what the salesperson may agree to alone: %(products)s."),
    "stock_to_make": _("To be made in time: %(products)s."),
    "stock_to_buy": _("To be bought in time: %(products)s."),
    "stock_late": _("Cannot be there by %(date)s: %(products)s."),
    "credit_exceeded": _("The credit limit of %(limit)s is exceeded by %(excess)s."),
    "credit_left": _("%(left)s of the credit limit remain."),
    "duplicate_like": _("Looks like %(number)s of the same customer with the same amount."),
}


class ChannelCheck(models.Model):
    """How one check is taken for the orders of one channel; without a row it is taken as it comes."""

    class Severity(models.TextChoices):
        OFF = "off", _("not checked")
        WARN = "warn", _("warning")
        BLOCK = "block", _("blocking")

    channel = models.ForeignKey("orders.Channel", on_delete=models.CASCADE, related_name="check_rules")
    code = models.CharField(_("check"), max_length=30, choices=list(CHECK_LABELS.items()))
    severity = models.CharField(
        _("a finding is"), max_length=10, choices=Severity, help_text=_("Instead of what the check itself says.")
    )

    class Meta:
        verbose_name = _("check of the channel")
        verbose_name_plural = _("checks of the channel")
        constraints = [models.UniqueConstraint(fields=["channel", "code"], name="channelcheck_channel_code")]

    def __str__(self) -> str:
        return f"{CHECK_LABELS.get(self.code, self.code)}: {self.get_severity_display()}"


class OrderCheck(models.Model):
    """One finding of an automatic check (订单校验) on an order."""

    class Severity(models.TextChoices):
        PASS = "pass", _("passed")
        WARN = "warn", _("warning")  # a person must look: no automatic approval
        BLOCK = "block", _("blocking")  # cannot be approved until mended

    order = models.ForeignKey("orders.SalesOrder", on_delete=models.CASCADE, related_name="checks")
    code = models.CharField(_("check"), max_length=30)
    severity = models.CharField(_("severity"), max_length=10, choices=Severity)
    # The finding as a key of FINDINGS with its values, so that each reader gets it in their own language.
    finding = models.CharField(_("finding"), max_length=40, default="ok")
    values = models.JSONField(_("values"), default=dict)
    fix_url = models.CharField(_("where to mend it"), max_length=200, blank=True)
    at = models.DateTimeField(_("at"), default=timezone.now)

    class Meta:
        verbose_name = _("order check")
        verbose_name_plural = _("order checks")
        constraints = [models.UniqueConstraint(fields=["order", "code"], name="ordercheck_order_code")]

    def __str__(self) -> str:
        return f"{self.code}: {self.severity}"

    @property
    def label(self) -> str:
        """The check's name."""
        return str(CHECK_LABELS.get(self.code, self.code))

    @property
    def message(self) -> str:
        """What was found, in the reader's language."""
        return str(FINDINGS[self.finding]) % self.values
