"""Errors as application/problem+json (RFC 9457). Knows no route. What a visitor typed is never in one, nor in a log."""

from __future__ import annotations

import logging
import traceback
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

log = logging.getLogger("spinewise.web")


class Problem(Exception):  # noqa: N818  (RFC 9457's word)
    """A request that can't be served, as the client gets to read it. `retry_after` is in seconds."""

    def __init__(self, status: int, detail: str, *, field: str | None = None, retry_after: int | None = None) -> None:
        self.status, self.detail, self.field, self.retry_after = status, detail, field, retry_after
        super().__init__(detail)

    def payload(self) -> dict[str, Any]:
        """The problem's members: title, detail, status, and the field that is wrong where one is."""
        members = {"title": HTTPStatus(self.status).phrase, "detail": self.detail, "status": self.status}
        return members | ({"field": self.field} if self.field else {})

    def response(self) -> Response:
        """The HTTP response, with Retry-After where it is known when to come back."""
        headers = {"Retry-After": str(self.retry_after)} if self.retry_after is not None else {}
        return JSONResponse(self.payload(), self.status, headers, media_type="application/problem+json")


def unforeseen(problem: BaseException) -> Problem:
    """A 500 for an error nobody foresaw; logs its type and place, never its message: it may quote the visitor."""
    frames = traceback.extract_tb(problem.__traceback__)
    place = f"{frames[-1].filename}:{frames[-1].lineno}" if frames else "unknown place"
    log.error("unforeseen %s at %s", type(problem).__name__, place)
    return Problem(500, "Something went wrong on the server. Nothing was kept of the request.")


def from_validation(problem: RequestValidationError) -> Problem:
    """A 422 that names the field. Pydantic's own message quotes the input, so only its description is passed on."""
    first = problem.errors()[0]
    if first["type"] == "json_invalid":
        return Problem(422, "The body is not valid JSON.", field="body")
    parts = [str(part) for part in first["loc"] if part != "body"]
    field = ".".join(parts) or "body"
    return Problem(422, f"{field}: {first['msg']}", field=field)


def explain_errors(app: FastAPI) -> None:
    """Makes every error of `app` a problem+json."""

    async def problem(_: Request, error: Exception) -> Response:
        assert isinstance(error, Problem)
        return error.response()

    async def validation(_: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        return from_validation(error).response()

    async def http(_: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        answer = Problem(error.status_code, str(error.detail)).response()
        answer.headers.update(error.headers or {})
        return answer

    app.add_exception_handler(Problem, problem)
    app.add_exception_handler(RequestValidationError, validation)
    app.add_exception_handler(HTTPException, http)
