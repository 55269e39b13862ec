"""Two ways to the application: over HTTP as a browser comes, and inside this process, where statements can be counted."""

import http.client
from http.cookies import SimpleCookie
from urllib.parse import urlencode

from django.test import Client

from bench.clerk import Answer


class Browser:
    """HTTP with a kept-alive connection, cookies, and the CSRF token that every form carries."""

    def __init__(self, port: int, cookies: dict[str, str]) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        self.cookies = dict(cookies)

    def send(self, method: str, path: str, data: dict[str, str] | None = None) -> Answer:
        """Send one request."""
        headers = {
            "Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()),
            "Accept": "text/html",
        }
        body = None
        if data is not None:
            body = urlencode({**data, "csrfmiddlewaretoken": self.cookies.get("csrftoken", "")})
            headers |= {"Content-Type": "application/x-www-form-urlencoded", "Referer": "http://127.0.0.1/"}
        self.connection.request(method, path, body, headers)
        response = self.connection.getresponse()
        html = response.read().decode()
        for cookie in response.headers.get_all("Set-Cookie") or []:
            self.cookies |= {name: morsel.value for name, morsel in SimpleCookie(cookie).items()}
        return Answer(response.status, response.headers.get("Location", ""), html)


class Inside:
    """Django's test client."""

    def __init__(self, client: Client) -> None:
        self.client = client

    def send(self, method: str, path: str, data: dict[str, str] | None = None) -> Answer:
        """Send one request."""
        response = self.client.get(path) if method == "GET" else self.client.post(path, data)
        return Answer(response.status_code, response.headers.get("Location", ""), response.content.decode())
