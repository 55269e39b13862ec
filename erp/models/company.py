"""The one settings row of the company that runs this system."""

from decimal import Decimal

from django.core.cache import cache
from django.db import models
from django.utils.translation import gettext_lazy as _

from erp.fields import MoneyField, RateField


class Company(models.Model):
    """Names, papers and policies of the company. There is exactly one row."""

    name = models.CharField(_("name"), max_length=120)
    name_en = models.CharField(_("English name"), max_length=120, blank=True)
    tax_number = models.CharField(_("unified social credit code"), max_length=18, blank=True)
    address = models.CharField(_("address"), max_length=200, blank=True)
    phone = models.CharField(_("phone"), max_length=40, blank=True)
    bank = models.CharField(_("bank and account"), max_length=200, blank=True)
    logo = models.ImageField(_("logo"), upload_to="company", blank=True)
    currency = models.CharField(_("currency"), max_length=3, default="CNY")
    default_tax_rate = RateField(_("default tax rate"), default=Decimal("0.13"))
    auto_approve_limit = MoneyField(
        _("automatic approval up to"),
        default=Decimal("20000.00"),
        help_text=_("Orders up to this amount whose checks all pass are approved by the system. 0 switches it off."),
    )
    purchase_approval_limit = MoneyField(
        _("purchase orders need approval above"),
        default=Decimal("50000.00"),
        db_default=Decimal(0),
        help_text=_("In CNY without tax. Another person with the right to approve decides. 0: no approval is needed."),
    )
    over_delivery = RateField(
        _("over-delivery accepted up to"),
        db_default=Decimal(0),
        help_text=_("Share of the quantity ordered that may arrive beyond it: 0.05 is 5 %."),
    )
    count_approval_limit = MoneyField(
        _("stock counts need approval above"),
        default=Decimal("5000.00"),
        db_default=Decimal(0),
        help_text=_("Worth of all differences in CNY. Somebody who did not count decides. 0: no approval is needed."),
    )
    adjustment_limit = MoneyField(
        _("stock adjustments need approval above"),
        default=Decimal("2000.00"),
        db_default=Decimal(0),
        help_text=_("Worth of one adjustment or scrap in CNY. Another person decides. 0: no approval is needed."),
    )
    count_again_limit = MoneyField(
        _("count again above"),
        default=Decimal("500.00"),
        db_default=Decimal(0),
        help_text=_("A line whose difference is worth more, in CNY, is counted twice. 0: once is enough."),
    )
    cycle_count_products = models.PositiveIntegerField(
        _("products counted a day"),
        default=0,
        db_default=0,
        help_text=_("So many products whose count is due are put on a draft every night. 0: only by hand."),
    )
    settle_before_completion = models.BooleanField(
        _("orders complete only when paid"),
        default=True,
        help_text=_("Otherwise confirmed delivery is enough."),
    )
    invoice_on_shipment = models.BooleanField(
        _("receivable on shipment"),
        default=True,
        help_text=_("The receivable is posted when goods leave. Otherwise finance creates it by hand."),
    )
    archive_after_days = models.PositiveIntegerField(
        _("archive orders after (days)"),
        default=365,
        db_default=365,
        help_text=_("Completed and cancelled orders leave the working lists after so many days. 0: never."),
    )

    class Meta:
        verbose_name = _("company settings")
        verbose_name_plural = _("company settings")
        constraints = [
            models.CheckConstraint(condition=models.Q(pk=1), name="company_is_single_row"),
        ]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: object, **kwargs: object) -> None:
        self.pk = 1
        super().save(*args, **kwargs)  # type: ignore[arg-type]
        cache.delete("company")

    @classmethod
    def current(cls) -> "Company":
        """The settings row, made with defaults when missing; cached for a minute."""
        company = cache.get("company")
        if company is None:
            company, _created = cls.objects.get_or_create(pk=1, defaults={"name": "我的公司"})
            cache.set("company", company, 60)
        return company
