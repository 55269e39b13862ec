import re
from pathlib import Path

import pytest

from erp.web import bundles, csp

pytestmark = pytest.mark.django_db


def test_chinese_is_the_default_whatever_the_browser_asks(client):
    html = client.get("/accounts/login/", HTTP_ACCEPT_LANGUAGE="en-US,en;q=0.9").content.decode()
    assert '<html lang="zh-Hans"' in html and "登录" in html


@pytest.mark.parametrize(
    ("code", "lang", "word"), [("zh-hant", "zh-Hant", "登入"), ("en", "en", "Sign in"), ("xx", "zh-Hans", "登录")]
)
def test_the_chosen_language_is_kept(client, code, lang, word):
    client.post("/i18n/setlang/", {"language": code, "next": "/accounts/login/"})
    html = client.get("/accounts/login/").content.decode()
    assert f'<html lang="{lang}"' in html and word in html


def test_the_profile_language_counts_without_a_cookie(client, person):
    person.language = "en"
    person.save()
    client.force_login(person)
    assert client.get("/page/")["Content-Language"] == "en"


def test_preferences_are_kept_and_drawn_by_the_server(client):
    client.post("/preferences/", {"theme": "dark", "density": "dense", "sidebar": "folded", "other": "x"})
    html = client.get("/accounts/login/").content.decode()
    assert 'data-bs-theme="dark" data-density="dense" data-sidebar="folded"' in html


def test_unknown_preferences_are_ignored(client):
    response = client.post("/preferences/", {"theme": "<script>"})
    assert not response.cookies
    assert client.get("/preferences/").status_code == 405


def test_nothing_inline_and_nothing_from_elsewhere(client, person):
    client.force_login(person)
    response = client.get("/page/")
    html = response.content.decode()
    assert response["Content-Security-Policy"] == csp.STRICT
    assert "unsafe" not in csp.STRICT
    assert not re.search(r"<style|\sstyle=|\son\w+=|https?://", html)
    assert all("src=" in tag or "application/json" in tag for tag in re.findall(r"<script[^>]*>", html))


def test_the_admin_has_its_own_policy(client):
    assert "unsafe-eval" in client.get("/admin/nothing/")["Content-Security-Policy"]


def test_ids_are_unique_and_labels_have_their_inputs(client, person):
    person.is_superuser = True
    person.save()
    client.force_login(person)
    html = client.get("/ui/").content.decode()
    ids = re.findall(r'\sid="([^"]+)"', html)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'<label[^>]* for="([^"]+)"', html)) <= set(ids)
    assert {word for line in re.findall(r'aria-describedby="([^"]+)"', html) for word in line.split()} <= set(ids)


def test_the_style_guide_is_for_administrators(client, person):
    assert client.get("/ui/").status_code == 404
    client.force_login(person)
    assert client.get("/ui/").status_code == 404


def test_bundles_hold_every_part_and_follow_changes(settings, tmp_path):
    settings.VAR_DIR = tmp_path
    finder = bundles.BundleFinder()
    assert finder.find("erp/other.js") == []
    text = Path(finder.find("erp/app.js")).read_text("utf-8")
    assert "erp.behaviour" in text
    assert {path for path, _storage in finder.list(None)} == set(bundles.BUNDLES)


def test_every_script_and_style_is_bundled_or_loaded_by_a_page():
    from django.conf import settings

    static = settings.BASE_DIR / "static" / "erp"
    parts = {part for names in bundles.BUNDLES.values() for part in names}
    pages = "".join(p.read_text("utf-8") for p in (settings.BASE_DIR / "templates").rglob("*.html"))
    loose = {f"{p.parent.name}/{p.name}" for p in static.rglob("*") if p.suffix in (".js", ".css")} - parts
    assert all(name in pages for name in loose)


@pytest.mark.parametrize(
    "address",
    [
        "/accounts/login/",
        "/accounts/signup/",
        "/accounts/password/reset/",
        "/accounts/password/reset/done/",
        "/accounts/inactive/",
    ],
)
def test_sign_in_pages_are_ours(client, address):
    response = client.get(address)
    assert response.status_code == 200 and 'class="auth"' in response.content.decode()


@pytest.mark.parametrize("address", ["/accounts/password/change/", "/accounts/logout/", "/accounts/2fa/"])
def test_account_pages_are_ours(client, person, address):
    client.force_login(person)
    response = client.get(address)
    assert response.status_code == 200 and 'class="auth"' in response.content.decode()


def test_signing_in_and_a_wrong_password(client, person):
    wrong = client.post("/accounts/login/", {"login": "plain", "password": "no"})
    assert 'role="alert"' in wrong.content.decode() and 'value="plain"' in wrong.content.decode()
    assert client.post("/accounts/login/", {"login": "plain", "password": "x"})["Location"] == "/"
