"""Addresses of finance."""

from django.urls import path

from finance.views import ledger, payments, receivables

app_name = "finance"
urlpatterns = [
    path("", receivables.invoice_list, name="list"),
    path("export.xlsx", receivables.export, name="export"),
    path("to-bill/", receivables.to_bill, name="to_bill"),
    path("invoices/<int:pk>/", receivables.detail, name="invoice"),
    path("invoices/<int:pk>/transitions/", receivables.transition, name="invoice_transition"),
    path("invoices/<int:pk>/transitions/<str:name>/", receivables.transition, name="invoice_transition_named"),
    path("invoices/<int:pk>/match/", receivables.match, name="invoice_match"),
    path("invoices/<int:pk>/refund/", receivables.refund, name="refund"),
    path("invoices/<int:pk>/receivable.pdf", receivables.paper, name="invoice_pdf"),
    path("allocations/<int:pk>/take-back/", receivables.take_back, name="take_back"),
    path("payments/", payments.payment_list, name="payments"),
    path("payments/export.xlsx", payments.export, name="payments_export"),
    path("payments/new/", payments.new, name="payment_new"),
    path("payments/<str:number>/", payments.detail, name="payment"),
    path("payments/<str:number>/match/", payments.match, name="payment_match"),
    path("payments/<str:number>/transitions/", payments.transition, name="payment_transition"),
    path("payments/<str:number>/transitions/<str:name>/", payments.transition, name="payment_transition_named"),
    path("journal/", ledger.journal, name="journal"),
    path("journal/<str:number>/", ledger.entry, name="entry"),
    path("customers/<str:code>/", ledger.statement, name="statement"),
    path("customers/<str:code>/statement.pdf", ledger.statement_paper, name="statement_pdf"),
]
