"""Addresses of carriers' visits, rules and problems; they stand before those of shipments."""

from django.urls import path

from shipping.views import pickups, problems, rules

urlpatterns = [
    path("pickups/", pickups.pickup_list, name="pickups"),
    path("pickups/new/", pickups.pickup_new, name="pickup_new"),
    path("pickups/<str:number>/", pickups.pickup_page, name="pickup"),
    path("pickups/<str:number>/signature.png", pickups.pickup_signature, name="pickup_signature"),
    path("problems/", problems.problem_list, name="problems"),
    path("problems/<str:number>/", problems.problem_page, name="problem"),
    path("problems/<str:number>/owner/", problems.problem_owner, name="problem_owner"),
    path("problems/<str:number>/transitions/", problems.problem_transition, name="problem_transition"),
    path("rules/", rules.rules_page, name="rules"),
    path("rules/new/", rules.rule_edit, name="rule_new"),
    path("rules/<int:pk>/", rules.rule_edit, name="rule"),
    path("rules/<int:pk>/move/", rules.rule_move, name="rule_move"),
    path("rules/<int:pk>/remove/", rules.rule_remove, name="rule_remove"),
    path("rates/new/", rules.rate_edit, name="rate_new"),
    path("rates/<int:pk>/", rules.rate_edit, name="rate"),
    path("rates/<int:pk>/remove/", rules.rate_remove, name="rate_remove"),
]
