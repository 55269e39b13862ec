from erp.models.company import Company
from erp.models.desk import Draft
from erp.models.document import Document, ScopedQuerySet, StatusChange, append_only
from erp.models.user import User
from erp.models.work import ApiToken, Attachment, Comment, Counter, IdempotencyKey, Job, Outbox

__all__ = [
    "ApiToken",
    "Attachment",
    "Comment",
    "Company",
    "Counter",
    "Document",
    "Draft",
    "IdempotencyKey",
    "Job",
    "Outbox",
    "ScopedQuerySet",
    "StatusChange",
    "User",
    "append_only",
]
