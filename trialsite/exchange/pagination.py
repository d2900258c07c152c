"""Pages of the REST lists: ordered by a key that never changes, so that a page turned is a page not repeated."""

from rest_framework.pagination import CursorPagination


class StablePagination(CursorPagination):
    """Cursor pages by primary key (UUIDv7: the order of creation)."""

    ordering = "pk"
    page_size = 100
    page_size_query_param = "page_size"
    max_page_size = 1000
