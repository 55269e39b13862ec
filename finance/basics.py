"""What finance cannot live without: the chart of accounts."""

from finance.models import Account

CASH = "1001"
BANK = "1002"
OTHER_FUNDS = "1012"
NOTES_RECEIVABLE = "1121"
RECEIVABLE = "1122"
STOCK = "1405"
SUSPENSE = "1901"
PAYABLE = "2202"
PREPAYMENT = "2203"
OUTPUT_TAX = "222101"
PRODUCTION = "5001"
OVERHEAD = "5101"
REVENUE = "6001"
COST_OF_SALES = "6401"

# Codes and names of 《企业会计准则——应用指南》, appendix 会计科目. Names are the ledger's own words, never translated.
ACCOUNTS: tuple[tuple[str, str, str], ...] = (
    (CASH, "库存现金", Account.Kind.ASSET),
    (BANK, "银行存款", Account.Kind.ASSET),
    (OTHER_FUNDS, "其他货币资金", Account.Kind.ASSET),
    (NOTES_RECEIVABLE, "应收票据", Account.Kind.ASSET),
    (RECEIVABLE, "应收账款", Account.Kind.ASSET),
    ("1403", "原材料", Account.Kind.ASSET),
    (STOCK, "库存商品", Account.Kind.ASSET),
    ("1406", "发出商品", Account.Kind.ASSET),
    ("1601", "固定资产", Account.Kind.ASSET),
    (SUSPENSE, "待处理财产损溢", Account.Kind.ASSET),
    (PAYABLE, "应付账款", Account.Kind.LIABILITY),
    (PREPAYMENT, "合同负债", Account.Kind.LIABILITY),
    ("2211", "应付职工薪酬", Account.Kind.LIABILITY),
    (OUTPUT_TAX, "应交税费——应交增值税(销项税额)", Account.Kind.LIABILITY),
    ("222102", "应交税费——应交增值税(进项税额)", Account.Kind.LIABILITY),
    ("4001", "实收资本", Account.Kind.EQUITY),
    ("4103", "本年利润", Account.Kind.EQUITY),
    ("4104", "利润分配", Account.Kind.EQUITY),
    (PRODUCTION, "生产成本", Account.Kind.COST),
    (OVERHEAD, "制造费用", Account.Kind.COST),
    (REVENUE, "主营业务收入", Account.Kind.INCOME),
    (COST_OF_SALES, "主营业务成本", Account.Kind.EXPENSE),
    ("6601", "销售费用", Account.Kind.EXPENSE),
    ("6602", "管理费用", Account.Kind.EXPENSE),
    ("6603", "财务费用", Account.Kind.EXPENSE),
)


def ensure_basics() -> None:
    """Make the accounts that are missing; those that exist are left as the accountant named them."""
    Account.objects.bulk_create(
        [Account(code=code, name=name, kind=kind) for code, name, kind in ACCOUNTS], ignore_conflicts=True
    )
