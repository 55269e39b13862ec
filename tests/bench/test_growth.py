"""What people open all day reads only what it shows, in a company of a hundred thousand orders and products.

Counted, not timed: statements, rows that scans produced or threw away, and blocks touched, by EXPLAIN ANALYZE of the
statements that each page really ran. A database is loaded beside the test database for it.
"""

import pytest

from bench.cost import explain, recorded
from bench.load import Sizes
from bench.reads import Read, ask, browsers, reads
from tests.bench.databases import company_of

BIG = Sizes(orders=100_000, products=100_000, customers=10_000, lines=1)
# Tabs are counted up to 1,000 each, vague words find up to 5,000 orders; whatever reads more reads a table.
MOST_ROWS = 25_000
# Blocks of 8 kB, in memory or not: a table read row by row through an index would need more.
MOST_BLOCKS = 15_000
# A salesperson's own orders are found by their own customers and counted by eight states.
MOST_OWN = 80_000


@pytest.fixture(scope="module")
def company(django_db_setup, django_db_blocker):
    """The big company's database in place of the test database."""
    with django_db_blocker.unblock(), company_of(BIG):
        yield


@pytest.mark.django_db
@pytest.mark.timeout(600)
def test_pages_of_a_big_company_stay_within_their_budgets(company):
    browser = browsers()
    for person in sorted({read.person for read in reads()}):
        browser(person).get("/")  # rights and settings are in the cache then, as they are all day
    faults = [fault for read in reads() for fault in faults_of(read, browser)]
    assert not faults, "\n\n".join(faults)


def faults_of(read: Read, browser) -> list[str]:
    """What is wrong with one page, with the statement that costs most."""
    with recorded() as cost:
        response = ask(browser(read.person), read)
    if response.status_code != 200:
        return [f"{read.name}: answered {response.status_code}"]
    faults = []
    if cost.queries > read.queries:
        faults.append(f"{read.name}: {cost.queries} queries instead of {read.queries}")
    if read.whole:
        return faults
    explain(cost)
    if cost.rows > (MOST_OWN if read.own else MOST_ROWS):
        faults.append(f"{read.name}: {cost.rows} rows read, {cost.worst_rows} of them by\n{cost.worst}\n{cost.plan}")
    if cost.blocks > (MOST_OWN if read.own else MOST_BLOCKS):
        faults.append(f"{read.name}: {cost.blocks} blocks\n{cost.worst}\n{cost.plan}")
    return faults
