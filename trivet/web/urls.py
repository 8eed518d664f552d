"""Addresses of the pages, all on one screen."""

from __future__ import annotations

from django.urls import path
from django.views.generic import RedirectView

from trivet.web.account import pages as account
from trivet.web.customers import pages as customers
from trivet.web.exceptions import mapping
from trivet.web.exceptions import pages as exceptions
from trivet.web.firstrun import pages as firstrun
from trivet.web.imports import pages as imports
from trivet.web.orders import cancellation, editing, holds, money, order, taking
from trivet.web.orders import pages as orders
from trivet.web.search import pages as search
from trivet.web.settings import allocation, channels, drafts, people, places, routing, simulations
from trivet.web.settings import pages as settings
from trivet.web.stock import changes, transfers
from trivet.web.stock import pages as stock
from trivet.web.today import pages as today

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="today"), name="home"),
    path("login", account.LogIn.as_view(), name="login"),
    path("logout", account.LogOut.as_view(), name="logout"),
    path("profile", account.profile, name="profile"),
    path("preferences", account.preferences, name="preferences"),
    path("today", today.today, name="today"),
    path("search", search.search, name="search"),
    path("search/results", search.results, name="results"),
    path("exceptions", exceptions.exceptions, name="exceptions"),
    path("exceptions/mapping", mapping.mapping, name="mapping"),
    path("exceptions/mapping/add", mapping.mapping_add, name="mapping_add"),
    path("exceptions/mapping/known", mapping.mappings, name="mappings"),
    path("exceptions/mapping/end", mapping.mapping_end, name="mapping_end"),
    path("exceptions/<uuid:key>/resolution", exceptions.resolution, name="exception_resolution"),
    path("exceptions/settled", exceptions.settled, name="exceptions_settled"),
    path("exceptions/<uuid:key>/reopening", exceptions.reopening, name="exception_reopening"),
    path("exceptions/<uuid:key>/retry", exceptions.retry, name="exception_retry"),
    path("first-run", firstrun.first_run, name="firstrun"),
    path("orders", orders.order_index, name="orders"),
    path("orders/<int:number>", order.order_page, name="order"),
    path("orders/<int:number>/holds", holds.hold_place, name="hold_place"),
    path("orders/<int:number>/holds/<uuid:key>/release", holds.hold_release, name="hold_release"),
    path("orders/<int:number>/edit", editing.order_edit, name="order_edit"),
    path("orders/<int:number>/edit/undo", editing.edit_undo, name="edit_undo"),
    path("orders/<int:number>/cancellation", cancellation.cancellation, name="cancellation"),
    path("orders/<int:number>/taking", taking.taking, name="taking"),
    path("orders/<int:number>/payments/<slug:verb>", money.payment_new, name="payment_new"),
    path("orders/<int:number>/payments/<slug:verb>/<uuid:key>", money.payment_new, name="payment_of"),
    path("customers", customers.customer_index, name="customers"),
    path("customers/<uuid:key>", customers.customer_page, name="customer"),
    path("stock", stock.stock_index, name="stock"),
    path("stock/adjustments", stock.adjustments, name="adjustments"),
    path("stock/adjustments/<uuid:key>", changes.answer, name="adjustment_answer"),
    path("stock/transfers", transfers.transfers_page, name="transfers"),
    path("stock/transfers/new", transfers.transfer_new, name="transfer_new"),
    path("stock/transfers/<int:number>", transfers.transfer_page, name="transfer"),
    path("stock/transfers/<int:number>/receipts", transfers.transfer_receipt, name="transfer_receipt"),
    path(
        "stock/transfers/<int:number>/completion", transfers.transfer_completion, name="transfer_completion"
    ),
    path("stock/transfers/<int:number>/<slug:verb>", transfers.transfer_move, name="transfer_move"),
    path("stock/adjust/<path:sku>", changes.adjust, name="adjust"),
    path("stock/count/<path:sku>", changes.count, name="count"),
    path("stock/receive/<path:sku>", changes.receive, name="receive"),
    path("stock/sku/<path:sku>", stock.sku_page, name="sku"),
    path("stock/why/<slug:place>/<path:sku>", stock.why_page, name="why"),
    path("settings", RedirectView.as_view(pattern_name="places"), name="settings"),
    path("settings/places", settings.places_page, name="places"),
    path("settings/places/new", places.place_new, name="place_new"),
    path("settings/places/<slug:code>", places.place_edit, name="place"),
    path("settings/brands", settings.brands_page, name="brands"),
    path("settings/brands/new", places.brand_new, name="brand_new"),
    path("settings/channels", settings.channels_page, name="channels"),
    path("settings/channels/new", channels.channel_new, name="channel_new"),
    path("settings/channels/<slug:slug>", channels.channel_edit, name="channel"),
    path("settings/channels/<slug:slug>/places", channels.serving, name="serving"),
    path("settings/channels/<slug:slug>/places/<slug:code>/end", channels.serving_end, name="serving_end"),
    path("settings/routing", routing.routing_page, name="routing"),
    path("settings/routing/edit", drafts.routing_edit, name="routing_edit"),
    path("settings/routing/comparison", routing.routing_compare, name="routing_compare"),
    path("settings/routing/versions/<int:number>/draft", routing.routing_again, name="routing_again"),
    path("settings/routing/drafts/<uuid:key>", drafts.routing_draft, name="routing_draft"),
    path("settings/routing/drafts/<uuid:key>/edit", drafts.routing_redraft, name="routing_redraft"),
    path("settings/routing/drafts/<uuid:key>/version", drafts.routing_store, name="routing_store"),
    path(
        "settings/routing/drafts/<uuid:key>/simulations",
        simulations.routing_simulate,
        name="routing_simulate",
    ),
    path(
        "settings/routing/simulations/<uuid:key>", simulations.routing_simulation, name="routing_simulation"
    ),
    path("settings/routing/simulations/<uuid:key>/stop", simulations.routing_stop, name="routing_stop"),
    path(
        "settings/routing/simulations/<uuid:key>/orders/<int:row>",
        simulations.routing_simulated,
        name="routing_simulated",
    ),
    path("settings/routing/drafts/<uuid:key>/shadow", simulations.routing_shadow, name="routing_shadow"),
    path("settings/routing/drafts/<uuid:key>/withdrawal", routing.routing_withdraw, name="routing_withdraw"),
    path("settings/allocation", allocation.allocations_page, name="allocations"),
    path("settings/allocation/terms", allocation.allocation_terms, name="allocation_terms"),
    path("settings/allocation/new", allocation.allocation_new, name="allocation_new"),
    path("settings/allocation/<uuid:key>", allocation.allocation_page, name="allocation"),
    path("settings/allocation/<uuid:key>/moves", allocation.allocation_go_on, name="allocation_go_on"),
    path("settings/imports", imports.imports_page, name="imports"),
    path("settings/imports/new/<slug:what>", imports.import_new, name="import_new"),
    path("settings/imports/uploads/<uuid:key>", imports.upload_page, name="upload"),
    path("settings/imports/uploads/<uuid:key>/repeat", imports.upload_repeat, name="upload_repeat"),
    path("settings/imports/<uuid:key>", imports.past_page, name="past_import"),
    path("settings/imports/<uuid:key>/rows.csv", imports.past_rows, name="past_import_rows"),
    path("settings/people", settings.people_page, name="people"),
    path("settings/people/new", people.person_new, name="person_new"),
    path("settings/people/<uuid:key>", people.person_edit, name="person"),
    path("settings/people/<uuid:key>/password", people.person_password, name="person_password"),
    path("settings/people/<uuid:key>/activity", people.person_activity, name="person_activity"),
    path("settings/keys", people.keys_page, name="keys"),
    path("settings/keys/<uuid:key>/end", people.key_end, name="key_end"),
]
