"""Pages and calls of the API about what ``tests.pages.world`` tells: each asks the database."""

from tests.pages.world import LARGE_REQUEST, VERIFIED

PAGES = (
    "/firmware-distribution",
    f"/service-requests/{LARGE_REQUEST}",
    f"/service-requests/{LARGE_REQUEST}?as_of=2030-01-01T00:00:00Z",
    f"/service-requests/{LARGE_REQUEST}.csv",
    "/service-requests",
    f"/devices/{VERIFIED}",
    f"/inventory/{VERIFIED}",
    "/delivery-performance",
    "/causes",
    "/notices",
    "/guidance",
)
CALLS = (
    f"/api/v1/devices/{VERIFIED}",
    f"/api/v1/service-requests/{LARGE_REQUEST}",
    f"/api/v1/service-requests/{LARGE_REQUEST}/distributions",
    f"/api/v1/service-requests/{LARGE_REQUEST}/distributions.csv",
    f"/api/v1/inventory/{VERIFIED}",
    "/api/v1/delivery-performance",
    "/api/v1/freshness",
    "/api/v1/notices",
)
