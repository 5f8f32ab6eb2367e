"""A hub on this machine, as far as the hub library asks one to list and download.

Give its `endpoint` to the library; what it does with its cache is then its own.
"""

import hashlib
import json
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit


@dataclass
class Repository:
    """A model or a dataset: files by path, of each commit by revision."""

    revisions: Mapping[str, Mapping[str, bytes]]

    def commit_of(self, revision: str) -> str:
        """Made up from the name of the branch; a commit is its own."""
        named = {hashlib.sha1(name.encode()).hexdigest(): name for name in self.revisions}
        return revision if revision in named else hashlib.sha1(revision.encode()).hexdigest()

    def files(self, revision: str) -> Mapping[str, bytes] | None:
        for name, files in self.revisions.items():
            if revision in (name, self.commit_of(name)):
                return files
        return None


@dataclass
class HubServer:
    """Where it listens, and what it was asked. Models and datasets have their names in common."""

    repositories: Mapping[str, Repository]
    endpoint: str = ""
    requests: list[str] = field(default_factory=list)


@contextmanager
def hub_server(repositories: Mapping[str, Repository]) -> Iterator[HubServer]:
    """Serve the repositories while the block runs."""
    hub = HubServer(repositories)

    class Handler(_Handler):
        served = hub

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    hub.endpoint = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


_API = r"/api/(models|datasets)/(?P<repo>[^/]+/[^/]+)"
_INFO = re.compile(_API + r"(/revision/(?P<revision>.+))?")
_TREE = re.compile(_API + r"/tree/(?P<revision>[^/]+)(?P<under>/.+)?")
_FILE = re.compile(r"(/datasets)?/(?P<repo>[^/]+/[^/]+)/resolve/(?P<revision>[^/]+)/(?P<file>.+)")


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    served: HubServer

    def do_GET(self) -> None:
        self._answer()

    def do_HEAD(self) -> None:
        self._answer()

    def log_message(self, format: str, *arguments: object) -> None:
        """Nothing: the requests are kept."""

    def _answer(self) -> None:
        # Revisions come with their slashes escaped.
        path = urlsplit(self.path).path
        self.served.requests.append(f"{self.command} {unquote(path)}")
        for pattern, answer in (
            (_TREE, self._tree),
            (_INFO, self._info),
            (_FILE, self._file),
        ):
            match = pattern.fullmatch(path)
            if match is None:
                continue
            repository = self.served.repositories.get(match["repo"])
            if repository is None:
                return self._send(404, b"{}", {"X-Error-Code": "RepoNotFound"})
            revision = unquote(match["revision"] or "main")
            files = repository.files(revision)
            if files is None:
                return self._send(404, b"{}", {"X-Error-Code": "RevisionNotFound"})
            return answer(match, repository.commit_of(revision), files)
        return self._send(404, b"{}")

    def _info(self, match: re.Match[str], commit: str, files: Mapping[str, bytes]) -> None:
        siblings = [{"rfilename": name, "size": len(content)} for name, content in files.items()]
        self._json({"id": match["repo"], "sha": commit, "siblings": siblings})

    def _tree(self, match: re.Match[str], commit: str, files: Mapping[str, bytes]) -> None:
        under = unquote(match["under"] or "/").strip("/")
        found = {name: c for name, c in files.items() if name.startswith(under)}
        self._json([_entry(name, content) for name, content in found.items()])

    def _file(self, match: re.Match[str], commit: str, files: Mapping[str, bytes]) -> None:
        content = files.get(unquote(match["file"]))
        if content is None:
            return self._send(404, b"", {"X-Error-Code": "EntryNotFound"})
        headers = {
            "ETag": f'"{_oid(content)}"',
            "X-Repo-Commit": commit,
            "Accept-Ranges": "bytes",
        }
        asked = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range") or "")
        if asked is None:
            return self._send(200, content, headers)
        start, end = int(asked[1]), int(asked[2] or len(content) - 1)
        headers["Content-Range"] = f"bytes {start}-{end}/{len(content)}"
        return self._send(206, content[start : end + 1], headers)

    def _json(self, value: object) -> None:
        self._send(200, json.dumps(value).encode(), {"Content-Type": "application/json"})

    def _send(self, status: int, body: bytes, headers: Mapping[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


def _entry(name: str, content: bytes) -> dict[str, object]:
    return {"type": "file", "path": name, "size": len(content), "oid": _oid(content)}


def _oid(content: bytes) -> str:
    return hashlib.sha1(content).hexdigest()
