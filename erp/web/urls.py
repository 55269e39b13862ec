"""Addresses of the frame itself: language, preferences, style guide."""

from django.urls import path
from django.views.i18n import set_language

from erp.web import jobs, preferences, saved_views, styleguide, talk

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
    path("views/<str:key>/save/", saved_views.save, name="view_save"),
    path("views/<str:key>/layout/", saved_views.layout, name="view_layout"),
    path("views/<int:pk>/", saved_views.change, name="view_change"),
    path("jobs/", jobs.job_list, name="jobs"),
    path("jobs/<int:pk>/", jobs.job_page, name="job"),
    path("jobs/<int:pk>/file/", jobs.job_file, name="job_file"),
    path("jobs/<int:pk>/result.xlsx", jobs.job_sheet, name="job_sheet"),
    path("jobs/<int:pk>/undo/", jobs.job_undo, name="job_undo"),
    path("ui/", styleguide.style_guide, name="style_guide"),
]
