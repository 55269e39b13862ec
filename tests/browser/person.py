"""One person at one browser: clicks by what is written on the screen, and notes what goes wrong."""

from typing import Any

from erp.models import User

DESK = {"viewport": {"width": 1440, "height": 900}}
PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
# What the browser itself logs about an answer that the test asked for.
EXPECTED = ("status of 403", "status of 404", "status of 422")


class Person:
    """Drives one page; every helper waits for what it names."""

    def __init__(self, page: Any, base: str, user: User | None) -> None:
        self.page, self.base, self.user = page, base, user
        self.problems: list[str] = []
        page.on("pageerror", lambda error: self.problems.append(f"{page.url}: {error}"))
        page.on("console", self._heard)
        page.on("request", self._asked)

    def _heard(self, message: Any) -> None:
        if message.type == "error" and not any(known in message.text for known in EXPECTED):
            self.problems.append(f"{self.page.url}: {message.text}")

    def _asked(self, request: Any) -> None:
        if not request.url.startswith((self.base, "data:", "blob:")):
            self.problems.append(f"{self.page.url} asks another host: {request.url}")

    def goes_to(self, path: str) -> int:
        """Open an address; returns the answer's status."""
        return self.page.goto(self.base + path).status

    def signs_in(self, username: str, password: str) -> None:
        """By the login page, as a person does."""
        self.goes_to("/accounts/login/")
        self.page.get_by_label("用户名或邮箱").fill(username)
        self.page.locator("[name=password]").fill(password)
        self.page.get_by_role("button", name="登录", exact=True).click()
        self.page.wait_for_url(f"{self.base}/")

    def clicks(self, name: str, *, within: Any = None) -> None:
        """Click the button or link with this text."""
        self._by_name(name, within).first.click()

    def opens_menu(self) -> None:
        """The menu beside the document's buttons."""
        self.page.locator("main .doc-actions summary").first.click()

    def _by_name(self, name: str, within: Any = None) -> Any:
        scope = within or self.page.locator("main")
        return scope.get_by_role("button", name=name, exact=True).or_(scope.get_by_role("link", name=name, exact=True))

    def fills(self, **fields: str) -> None:
        """Type into fields by their names; a select takes the value or the text of an option."""
        for name, value in fields.items():
            field = self.page.locator(f"main [name={name}]").first
            if field.evaluate("element => element.tagName") == "SELECT":
                field.select_option(value)
            else:
                field.fill(value)

    def may_click(self, name: str) -> bool:
        """Whether the page offers this button or link, in a menu too."""
        return self._hidden_too(name).count() > 0

    def _hidden_too(self, name: str) -> Any:
        scope = self.page.locator("main")
        options = {"name": name, "exact": True, "include_hidden": True}
        return scope.get_by_role("button", **options).or_(scope.get_by_role("link", **options))

    def status(self) -> str:
        """The badge beside the document's number, as it is written."""
        return self.page.locator("h1 .pill, .portal-hero-head .pill").first.inner_text().strip()

    def confirms(self) -> None:
        """Say yes to “are you sure?”."""
        self.page.locator("#confirm").get_by_role("button", name="确定").click()

    def posts(self, path: str, **fields: str) -> int:
        """Send a form that the page does not offer, with a valid token; returns the answer's status."""
        token = self.page.locator("[name=csrfmiddlewaretoken]").first.get_attribute("value")
        form = {"csrfmiddlewaretoken": token or "", **fields}
        headers = {"Referer": self.page.url}
        answer = self.page.request.post(self.base + path, form=form, headers=headers, max_redirects=0)
        return answer.status

    def hears(self) -> str:
        """What the bell says when opened."""
        self.goes_to("/notifications/")
        return self.page.locator("main").inner_text()

    def unread(self) -> int:
        """The number at the bell."""
        self.goes_to("/")
        self.page.locator(".bell").wait_for()
        badge = self.page.locator(".bell-badge")
        return int(badge.inner_text().rstrip("+")) if badge.count() else 0
