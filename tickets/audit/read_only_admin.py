"""Rows in the admin panel that are made elsewhere and only looked at there."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

MAX_ROWS_SHOWN = 50


class ReadOnlyAdmin(admin.ModelAdmin[Any]):
    """Rows to be searched and read: nobody adds, changes or deletes one here."""

    actions: Any = None
    list_per_page = MAX_ROWS_SHOWN

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
