"""Turkle's own addresses, as its repository's site has them."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("", include("turkle.urls")),
    path("api/", include("turkle.api.urls")),
    path("admin/", admin.site.urls),
    path("", include("django.contrib.auth.urls")),
]
