"""What holds for every page: text that no row can keep is turned away, nothing is stored."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from django.http import HttpRequest, HttpResponse, QueryDict
from django.template.loader import render_to_string
from django.utils.cache import patch_cache_control

Answer = Callable[[HttpRequest], HttpResponse]


def refuse_unstorable_text(get_response: Answer) -> Answer:
    """A middleware: 404 for a path and 400 for a value that PostgreSQL cannot keep as text.

    That is the character NUL, half of a surrogate pair, or bytes in a charset that is none. It
    comes before anything looks into the database, the session included.
    """

    def answer(request: HttpRequest) -> HttpResponse:
        if not is_storable(request.path):
            return HttpResponse(render_to_string("404_plain.html"), status=404)
        try:
            storable = all(map(is_storable, _iter_values(request)))
        except (LookupError, UnicodeError):  # a charset that is no charset of texts
            storable = False
        if not storable:
            return HttpResponse(render_to_string("400.html"), status=400)
        return get_response(request)

    return answer


def is_storable(text: str) -> bool:
    """Whether PostgreSQL keeps the text as it is."""
    if "\0" in text:
        return False
    return text.isascii() or not any("\ud800" <= char <= "\udfff" for char in text)


def _iter_values(request: HttpRequest) -> Iterator[str]:
    """Names and values of the query, the form and the cookies, and names of files."""
    for values in (request.GET, request.POST):
        yield from _iter_query_dict(values)
    yield from _iter_mapping(request.COOKIES)
    yield from request.FILES


def _iter_query_dict(values: QueryDict) -> Iterator[str]:
    for name, said in values.lists():
        yield name
        yield from map(str, said)


def _iter_mapping(values: Mapping[str, str]) -> Iterator[str]:
    for name, value in values.items():
        yield name
        yield value


def forbid_storing(get_response: Answer) -> Answer:
    """A middleware: no page is kept by a browser or proxy, so that after signing out nobody
    reads it by going back.
    """

    def answer(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        patch_cache_control(response, private=True, no_store=True)
        return response

    return answer
