"""Addresses of the frame itself: language, preferences, style guide."""

from django.urls import path
from django.views.i18n import set_language

from erp.web import preferences, styleguide, talk

urlpatterns = [
    path("i18n/setlang/", set_language, name="set_language"),
    path("preferences/", preferences.save, name="preferences"),
    path("talk/<str:label>/<int:pk>/", talk.talk, name="talk"),
    path("talk/<str:label>/<int:pk>/comments/", talk.add_comment, name="talk_comments"),
    path("talk/<str:label>/<int:pk>/comments/<int:comment_id>/", talk.change_comment, name="talk_comment"),
    path("talk/<str:label>/<int:pk>/people.json", talk.people, name="talk_people"),
    path("talk/<str:label>/<int:pk>/files/", talk.add_files, name="talk_files"),
    path("talk/<str:label>/<int:pk>/files/<int:file_id>/", talk.change_file, name="talk_file"),
    path("files/<int:pk>/small.webp", talk.small, name="file_small"),
    path("files/<int:pk>/<str:name>", talk.download, name="file"),
    path("ui/", styleguide.style_guide, name="style_guide"),
]
