"""POST with an Idempotency-Key: the same key and request give the same answer and change nothing twice."""

import hashlib
from datetime import timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework import exceptions
from rest_framework.request import Request

from exchange.models import IdempotencyRecord

KEPT = timedelta(days=1)
ABANDONED = timedelta(minutes=10)  # a process that died mid-request holds its key no longer than this


class Conflict(exceptions.APIException):
    status_code = 409


class Replay(Exception):
    """Carries the stored answer past the view."""

    def __init__(self, stored: IdempotencyRecord) -> None:
        super().__init__(stored.key)
        self.stored = stored


def request_hash(request: Request) -> str:
    """SHA-256 over method, path and body; of an upload over its parts, because every client draws a new boundary between them."""
    digest = hashlib.sha256(f"{request.method} {request.get_full_path()} ".encode())
    if (request.content_type or "").startswith("multipart/"):
        _add_parts(digest, request)
    else:
        digest.update(request._request.body)
    return digest.hexdigest()


def _add_parts(digest: Any, request: Request) -> None:
    for name, values in sorted(request.POST.lists()):
        digest.update(repr((name, values)).encode())
    for name, file in sorted(request.FILES.items()):
        digest.update(repr((name, file.name, file.size)).encode())
        for chunk in file.chunks():
            digest.update(chunk)
        file.seek(0)


def claim(user_id: int, key: str, fingerprint: str) -> IdempotencyRecord:
    """Take the key for this request; raise Replay with the earlier answer, or Conflict."""
    now = timezone.now()
    mine = IdempotencyRecord.objects.filter(user_id=user_id, key=key)
    IdempotencyRecord.objects.filter(user_id=user_id, created_at__lt=now - KEPT).delete()
    mine.filter(created_at__lt=now - ABANDONED, status_code=None).delete()
    try:
        with transaction.atomic():
            return IdempotencyRecord.objects.create(user_id=user_id, key=key, request_hash=fingerprint)
    except IntegrityError:
        stored = mine.get()
    if stored.request_hash != fingerprint:
        raise Conflict(_("This Idempotency-Key was used for another request."), code="idempotency_key_reused")
    if stored.status_code is None:
        raise Conflict(_("The first request with this Idempotency-Key is still running."), code="idempotency_in_progress")
    raise Replay(stored)


class IdempotentPosts:
    """Mixin for API views, before APIView in the bases."""

    claimed: IdempotencyRecord | None = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)  # type: ignore[misc]
        key = request.headers.get("Idempotency-Key", "").strip()
        if request.method == "POST" and key and request.user.is_authenticated:
            if len(key) > 200 or not key.isprintable():
                raise exceptions.ParseError(_("The Idempotency-Key must be at most 200 printable characters."), code="bad_idempotency_key")
            self.claimed = claim(request.user.pk, key, request_hash(request))

    def handle_exception(self, error: Exception) -> Any:
        if isinstance(error, Replay):
            stored = error.stored
            answer = HttpResponse(bytes(stored.body), status=stored.status_code, content_type=stored.content_type)
            answer.headers["Idempotency-Replayed"] = "true"
            return answer
        try:
            return super().handle_exception(error)  # type: ignore[misc]
        except Exception:
            self.release()
            raise

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        response = super().finalize_response(request, response, *args, **kwargs)  # type: ignore[misc]
        if self.claimed is not None:
            self.keep(response)
        return response

    def keep(self, response: Any) -> None:
        if response.status_code >= 500 or getattr(response, "streaming", False):
            self.release()
        elif hasattr(response, "add_post_render_callback"):
            response.add_post_render_callback(self.store)
        else:
            self.store(response)

    def store(self, response: Any) -> None:
        IdempotencyRecord.objects.filter(pk=self.claimed.pk).update(  # type: ignore[union-attr]
            status_code=response.status_code, body=response.content, content_type=response.headers.get("Content-Type", "")
        )

    def release(self) -> None:
        if self.claimed is not None:
            IdempotencyRecord.objects.filter(pk=self.claimed.pk).delete()
