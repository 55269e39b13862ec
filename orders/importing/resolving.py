"""Drafts → what the intake service takes: customers and products found by code or name, or made where missing."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from hashlib import blake2s
from typing import Any

from django.utils.text import slugify
from django.utils.translation import gettext as _

from erp.errors import BusinessError
from erp.models import Company, User
from erp.money import round_unit_price
from inventory.models import Product
from inventory.services import ProductInput, pinyin_of, save_products
from inventory.units import Pack, pack_of, units_of
from orders.importing.grouping import Draft, DraftLine
from orders.importing.mapping import Mapping
from orders.importing.spool import Spool
from orders.models import Address, Customer
from orders.services.entry import LineInput, validate_lines
from orders.services.intake import BulkLine, BulkOrder, CustomerInput, create_customers_bulk

LONGEST_CACHE = 20_000
SHIP_TO = ("recipient", "phone", "province", "city", "district", "street")
DEFAULT_UNIT = "个"
_PLAIN = re.compile(r"[A-Za-z0-9]+( [A-Za-z0-9]+)*")  # names of which no two make the same SKU


@dataclass
class Resolver:
    """Finds or makes the customers and products of drafts, chunk by chunk; remembers those it has met."""

    mapping: Mapping
    spool: Spool
    by: User | None
    create_missing: bool = True
    customers_created: int = 0
    products_created: int = 0
    _customers: dict[str, Customer] = field(default_factory=dict)
    _products: dict[str, Product] = field(default_factory=dict)
    _factors: dict[int, dict[str, Decimal]] = field(default_factory=dict)

    def forget(self) -> None:
        """Forget what was found: the transaction in which it was made is gone."""
        self._customers.clear()
        self._products.clear()

    def orders(self, drafts: Sequence[Draft]) -> list[tuple[Draft, BulkOrder]]:
        """The orders of the drafts that have no errors; what cannot be resolved becomes an error of its draft."""
        if len(self._customers) + len(self._products) > LONGEST_CACHE:
            self.forget()
        good = [draft for draft in drafts if not draft.errors]
        self._find_customers(good)
        self._find_products(good)
        good = [draft for draft in good if not draft.errors]
        self._factors = units_of({self._products[self.sku_of(line)].pk for draft in good for line in draft.lines})
        phones = self._addresses(good)
        return [(draft, order) for draft in good if (order := self._order(draft, phones)) is not None]

    # Customers

    def customer_key(self, draft: Draft) -> str:
        """What tells one customer of the file from another: its code, else its name."""
        code = draft.values.get("customer_code", "")
        return f"c:{self.mapping.options.customer_prefix}{code}" if code else f"n:{draft.values['customer_name']}"

    def _find_customers(self, drafts: list[Draft]) -> None:
        wanted = {self.customer_key(d): d for d in drafts}
        wanted = {key: draft for key, draft in wanted.items() if key not in self._customers}
        self._remember_customers({key[2:] for key in wanted if key[0] == "c"}, {k[2:] for k in wanted if k[0] == "n"})
        missing = {key: draft for key, draft in wanted.items() if key not in self._customers}
        hidden = self._hidden_codes({key[2:] for key in missing if key[0] == "c"})
        fresh: dict[str, CustomerInput] = {}
        for key, draft in missing.items():
            if key[2:] not in hidden and self.create_missing:
                fresh[key] = self._customer_input(key, draft)
        made = create_customers_bulk(list(fresh.values()), by=self.by) if fresh else []
        self._customers.update(zip(fresh, made, strict=True))
        self.customers_created += len(made)
        for draft in drafts:
            if (key := self.customer_key(draft)) not in self._customers:
                self._refuse_customer(draft, key[2:], belongs_to_other=key[2:] in hidden)

    def _remember_customers(self, codes: set[str], names: set[str]) -> None:
        rows = Customer.objects.all() if self.by is None else Customer.objects.visible_to(self.by)
        if codes:
            self._customers.update({f"c:{row.code}": row for row in rows.filter(code__in=codes)})
        if names:
            self._customers.update({f"n:{row.name}": row for row in rows.filter(name__in=names).order_by("-pk")})

    def _hidden_codes(self, codes: set[str]) -> set[str]:
        """Codes that exist but belong to another salesperson's customers."""
        return set(Customer.objects.filter(code__in=codes).values_list("code", flat=True)) if codes else set()

    def _customer_input(self, key: str, draft: Draft) -> CustomerInput:
        side = self.spool.side("customer", draft.values.get("customer_code", ""))
        code = key[2:] if key[0] == "c" else ""
        return CustomerInput(
            name=draft.values.get("customer_name") or side.get("customer_name") or code,
            code=code,
            contact=side.get("contact", "") or draft.values.get("recipient", ""),
            phone=side.get("phone", "") or draft.values.get("phone", ""),
            **{part: side.get(part, "") or draft.values.get(part, "") for part in ("province", "city", "street")},
        )

    def _refuse_customer(self, draft: Draft, wanted: str, *, belongs_to_other: bool) -> None:
        if belongs_to_other:
            message = _("Customer %(customer)s belongs to another salesperson.")
        else:
            message = _("There is no customer %(customer)s.")
        draft.refuse(draft.place, self._heading("order", "customer_code"), message % {"customer": wanted})

    # Products

    def sku_of(self, line: DraftLine) -> str:
        """The SKU of a line; a product that has only a name gets one that is made from the name, always the same."""
        code = line.values.get("sku", "")
        return f"{self.mapping.options.sku_prefix}{code or sku_from_name(line.values['product_name'])}"

    def _find_products(self, drafts: list[Draft]) -> None:
        lines = [(draft, line) for draft in drafts for line in draft.lines]
        wanted = {self.sku_of(line): line for _draft, line in reversed(lines)}
        wanted = {sku: line for sku, line in wanted.items() if sku not in self._products}
        self._remember_products(wanted)
        fresh = {
            sku: self._product_input(sku, line)
            for sku, line in wanted.items()
            if sku not in self._products and len(sku) <= 60 and self.create_missing
        }
        if freight := self._freight_product():
            fresh[freight.sku] = freight
        if fresh:
            save_products(list(fresh.values()), by=self.by)
            self._products.update(_by_sku(fresh))
            self.products_created += len(fresh)
        for draft, line in lines:
            if (sku := self.sku_of(line)) not in self._products:
                message = _("There is no product %(sku)s.") if len(sku) <= 60 else _("The SKU %(sku)s is too long.")
                draft.refuse(line.place, self._heading("line", "sku"), message % {"sku": sku})

    def _remember_products(self, wanted: dict[str, DraftLine]) -> None:
        if not wanted:
            return
        self._products.update(_by_sku(wanted))
        by_name = {
            line.values["product_name"]: sku
            for sku, line in wanted.items()
            if sku not in self._products and not line.values.get("sku")
        }
        if by_name:
            for row in Product.objects.select_related("unit").filter(name__in=by_name).order_by("-pk"):
                self._products[by_name[row.name]] = row

    def _product_input(self, sku: str, line: DraftLine) -> ProductInput:
        side, values = self.spool.side("product", line.values.get("sku", "")), line.values
        price = Decimal(side["list_price"]) if side.get("list_price") else values.get("unit_price") or Decimal(0)
        return ProductInput(
            sku=sku,
            name=values.get("product_name") or side.get("product_name") or sku,
            specification=side.get("specification", ""),
            unit=values.get("unit") or side.get("unit") or DEFAULT_UNIT,
            category=values.get("category", ""),
            list_price=self._without_tax(price, line.tax_rate),
        )

    def _freight_product(self) -> ProductInput | None:
        sku = self.mapping.options.freight_sku
        if not sku or sku in self._products:
            return None
        if found := _by_sku([sku]):
            self._products.update(found)
            return None
        return ProductInput(sku=sku, name="运费", name_en="Freight", unit="次", kind=Product.Kind.SERVICE)

    # Orders

    def _addresses(self, drafts: list[Draft]) -> dict[int, Address]:
        """The default address of each customer of the drafts. One query."""
        ids = {self._customers[self.customer_key(draft)].pk for draft in drafts}
        rows = Address.objects.filter(customer_id__in=ids).order_by("customer_id", "-is_default", "id")
        return {row.customer_id: row for row in rows.distinct("customer_id")}

    def _order(self, draft: Draft, addresses: dict[int, Address]) -> BulkOrder | None:
        customer = self._customers[self.customer_key(draft)]
        try:
            lines = [self._line(line, index) for index, line in enumerate(draft.lines)]
            validate_lines([bulk.line for bulk in lines])
        except BusinessError as error:
            self._refuse_line(draft, error)
            return None
        if freight := self._freight_line(draft):
            lines.append(freight)
        assert draft.ordered_at is not None and draft.promised_date is not None
        return BulkOrder(
            customer=customer,
            lines=lines,
            external_number=draft.external_number,
            ordered_at=draft.ordered_at,
            promised_date=draft.promised_date,
            ship_to=self._ship_to(draft, customer, addresses.get(customer.pk)),
            customer_note=draft.values.get("note", ""),
            payload=self._payload(draft),
        )

    def _line(self, line: DraftLine, index: int) -> BulkLine:
        values, price = line.values, line.values.get("unit_price")
        pack = self._pack(self._products[self.sku_of(line)], values.get("unit", ""), index)
        return BulkLine(
            LineInput(
                product=self._products[self.sku_of(line)],
                quantity=values["quantity"],
                unit_price=None if price is None else self._without_tax(price, line.tax_rate),
                discount=values.get("discount"),
                tax_rate=line.tax_rate,
                wish=values.get("wish", ""),
                unit=pack.name,
                factor=pack.factor,
            ),
            amount=line.amount,
            amount_has_tax=self.mapping.options.prices_include_tax,
        )

    def _pack(self, product: Product, name: str, index: int) -> Pack:
        """The unit that the file names. Where a product has only its stock unit, other words for it are nothing more."""
        factors = self._factors.get(product.pk, {})
        try:
            return pack_of(product, name, factors) if factors else Pack()
        except BusinessError as error:
            error.field = f"lines.{index}.unit"
            raise

    def _freight_line(self, draft: Draft) -> BulkLine | None:
        amount, options = draft.values.get("freight"), self.mapping.options
        if not amount or not options.freight_sku:
            return None
        line = LineInput(
            product=self._products[options.freight_sku],
            quantity=Decimal(1),
            unit_price=self._without_tax(amount, options.tax_rate),
            tax_rate=options.tax_rate,
        )
        return BulkLine(line, amount=amount, amount_has_tax=options.prices_include_tax)

    def _without_tax(self, price: Decimal, tax_rate: Decimal | None) -> Decimal:
        if not self.mapping.options.prices_include_tax:
            return round_unit_price(price)
        rate = tax_rate if tax_rate is not None else Company.current().default_tax_rate
        return round_unit_price(price / (1 + rate))

    def _ship_to(self, draft: Draft, customer: Customer, address: Address | None) -> dict[str, str] | None:
        """The address in the file, its gaps filled from the customer's; None when the file says nothing."""
        given = {part: draft.values.get(part, "") for part in SHIP_TO}
        if not any(given.values()):
            return None
        if not given["phone"]:
            side = self.spool.side("customer", draft.values.get("customer_code", ""))
            given["phone"] = side.get("phone", "") or (address.phone if address else "")
        given["recipient"] = given["recipient"] or customer.name
        return given

    def _payload(self, draft: Draft) -> Any:
        """The rows as the file had them, so that nothing of the source is lost."""
        return {"file": self.mapping.name, "rows": [list(place[2]) for place in _places(draft)]}

    def _refuse_line(self, draft: Draft, error: BusinessError) -> None:
        parts = error.field.split(".")
        index = int(parts[1]) if len(parts) > 2 and parts[1].isdigit() else 0
        name = {"product": "sku"}.get(parts[-1], parts[-1])
        draft.refuse(draft.lines[index].place, self._heading("line", name), error.message)

    def _heading(self, part: str, name: str) -> str:
        headings = self.mapping.columns[part].get(name)
        return headings[0] if headings else name


def _places(draft: Draft) -> list[Any]:
    seen = {draft.place[:2]: draft.place}
    seen.update({line.place[:2]: line.place for line in draft.lines})
    return list(seen.values())


def _by_sku(skus: Iterable[str]) -> dict[str, Product]:
    return {row.sku: row for row in Product.objects.select_related("unit").filter(sku__in=list(skus))}


def sku_from_name(name: str) -> str:
    """A SKU for a product that has only a name: `JEKYLL-CARBON-2`, or pinyin initials with a short digest."""
    digest = blake2s(name.encode(), digest_size=4).hexdigest().upper()
    if _PLAIN.fullmatch(name) and len(name) <= 30:
        return name.upper().replace(" ", "-")
    return f"{slugify(pinyin_of(name)[1])[:20].upper() or 'P'}-{digest}"
