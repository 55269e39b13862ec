from erp.models.company import Company
from erp.models.desk import Draft
from erp.models.document import Document, ScopedQuerySet, StatusChange, append_only
from erp.models.job import Job, JobItem
from erp.models.talk import Attachment, Comment, CommentVersion, Mention
from erp.models.user import User
from erp.models.views import SavedView, ViewDefault
from erp.models.work import ApiToken, Counter, IdempotencyKey, Outbox

__all__ = [
    "ApiToken",
    "Attachment",
    "Comment",
    "CommentVersion",
    "Company",
    "Counter",
    "Document",
    "Draft",
    "IdempotencyKey",
    "Job",
    "JobItem",
    "Mention",
    "Outbox",
    "SavedView",
    "ScopedQuerySet",
    "StatusChange",
    "User",
    "ViewDefault",
    "append_only",
]
