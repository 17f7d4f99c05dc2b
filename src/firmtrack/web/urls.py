"""The portal's addresses: part of the public contract, every result has a stable one."""

from django.urls import path
from django.views.generic import RedirectView

from firmtrack.presentation.files import FileFormat
from firmtrack.web import (
    audit,
    causes,
    delivery_performance,
    guidance,
    identity_urls,
    live,
    lookups,
    messages,
    notices,
    notices_endpoints,
    people,
    request_list,
    tokens,
    watching,
)

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="firmware-distribution"), name="start"),
    *identity_urls.urlpatterns,
    path("firmware-distribution", lookups.firmware_distribution, name="firmware-distribution"),
    path("service-requests", request_list.service_requests, name="service-requests"),
    *(
        path(
            f"service-requests/<str:service_request_id>.{file_format}",
            lookups.service_request_file,
            {"file_format": file_format},
            name=f"service-request-{file_format}",
        )
        for file_format in FileFormat
    ),
    path(
        "service-requests/<str:service_request_id>",
        lookups.service_request,
        name="service-request",
    ),
    path(
        "service-requests/<str:service_request_id>/status",
        live.service_request_status,
        name="service-request-status",
    ),
    path("devices/<str:device_id>", lookups.device, name="device"),
    path("devices/<str:device_id>/status", live.device_status, name="device-status"),
    path("devices/<str:device_id>/events", lookups.device_events, name="device-events"),
    path("messages/<str:message_id>", messages.message, name="message"),
    path("messages/<str:message_id>/body", messages.message_body, name="message-body"),
    path("guidance", guidance.index, name="guidance"),
    *(
        path(f"guidance/{slug}", guidance.page, {"topic": slug}, name=f"guidance-{slug}")
        for slug in guidance.TOPICS
    ),
    path(
        "delivery-performance",
        delivery_performance.delivery_performance,
        name="delivery-performance",
    ),
    path(
        "delivery-performance.csv",
        delivery_performance.delivery_performance_csv,
        name="delivery-performance-csv",
    ),
    path("causes", causes.causes, name="causes"),
    path("causes/<str:cause_id>", causes.cause, name="cause"),
    path("causes/<str:cause_id>/devices.csv", causes.cause_devices, name="cause-devices"),
    path(
        "causes/<str:cause_id>/devices.xlsx",
        causes.cause_devices,
        {"file_format": FileFormat.XLSX},
        name="cause-devices-xlsx",
    ),
    path(
        "causes/<str:cause_id>/new-device-list.txt",
        causes.cause_device_list,
        name="cause-device-list",
    ),
    path("notices", notices.notices, name="notices"),
    path("notices/endpoints/new", notices_endpoints.new_endpoint, name="new-endpoint"),
    path("notices/endpoints/<int:endpoint_id>", notices_endpoints.endpoint, name="endpoint"),
    path(
        "notices/endpoints/<int:endpoint_id>/topics",
        notices_endpoints.endpoint_topics,
        name="endpoint-topics",
    ),
    path(
        "notices/endpoints/<int:endpoint_id>/remove",
        notices_endpoints.remove_endpoint,
        name="remove-endpoint",
    ),
    path("watching", watching.watching, name="watching"),
    path("people", people.people, name="people"),
    path("people/invite", people.invite_person, name="invite-person"),
    path("people/<int:person_id>", people.person, name="person"),
    path("people/<int:person_id>/disable", people.disable_person, name="disable-person"),
    path("people/<int:person_id>/enable", people.enable_person, name="enable-person"),
    path("tokens", tokens.tokens, name="tokens"),
    path("tokens/new", tokens.new_token, name="new-token"),
    path("tokens/<int:token_id>/revoke", tokens.revoke_token, name="revoke-token"),
    path("audit", audit.audit, name="audit"),
    path("audit.csv", audit.audit_file, name="audit-csv"),
    path("inventory/<str:device_id>", lookups.inventory, name="inventory"),
]
