"""What the loopback hub says to each request."""

from __future__ import annotations

import base64
import contextlib
import json
import re
import socket
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import parse_qs, unquote

from hub_store import Repository, etag, is_large, sha256

if TYPE_CHECKING:
    from hub import Hub

_REPO, _REV = r"(?P<name>[\w.-]+/[\w.-]+)", r"(?P<revision>[^/]+)"

ROUTES = [
    ("GET", r"/api/whoami-v2", "whoami"),
    ("GET", r"/api/agent-harnesses", "agents"),
    ("GET", r"/api/models", "search"),
    ("GET", rf"/api/models/{_REPO}", "info"),
    ("GET", rf"/api/models/{_REPO}/revision/{_REV}", "info"),
    ("GET", rf"/api/models/{_REPO}/refs", "refs"),
    ("GET", rf"/api/models/{_REPO}/tree/{_REV}(?:/(?P<folder>.*))?", "tree"),
    ("GET", rf"/api/models/{_REPO}/commits/{_REV}", "commits"),
    ("GET", rf"/api/models/{_REPO}/xet-read-token/{_REV}", "xet_token"),
    ("POST", rf"/api/models/{_REPO}/paths-info/{_REV}", "paths_info"),
    ("HEAD", rf"/{_REPO}/resolve/{_REV}/(?P<path>.+)", "resolve"),
    ("GET", rf"/{_REPO}/resolve/{_REV}/(?P<path>.+)", "resolve"),
    ("GET", r"/files/(?P<digest>[0-9a-f]{64})/.*", "large_file"),
    ("POST", r"/api/repos/create", "create"),
    ("DELETE", r"/api/repos/delete", "delete"),
    ("POST", r"/api/validate-yaml", "validate_yaml"),
    ("POST", rf"/api/models/{_REPO}/preupload/{_REV}", "preupload"),
    ("POST", rf"/{_REPO}\.git/info/lfs/objects/batch", "lfs_batch"),
    ("PUT", r"/lfs/(?P<digest>[0-9a-f]{64})", "lfs_put"),
    ("POST", r"/lfs-verify", "lfs_verify"),
    ("POST", rf"/api/models/{_REPO}/commit/{_REV}", "commit"),
    ("POST", rf"/api/models/{_REPO}/tag/{_REV}", "tag"),
    ("DELETE", rf"/api/models/{_REPO}/tag/{_REV}", "untag"),
    ("POST", rf"/api/models/{_REPO}/branch/{_REV}", "branch"),
    ("DELETE", rf"/api/models/{_REPO}/branch/{_REV}", "unbranch"),
]


class At(NamedTuple):
    """A repository at one commit."""

    repository: Repository
    commit: str


class Refused(Exception):
    """An answer that ends a request; the arguments are those of `Answers.fail`."""


class Answers(BaseHTTPRequestHandler):
    """Answers requests; the server's subclass has ``hub``."""

    protocol_version = "HTTP/1.1"
    hub: Hub
    body: bytes
    query: dict[str, list[str]]

    def answer(self) -> None:
        from hub import Request

        self.body = self._read_body()
        path, _, query = self.path.partition("?")
        self.query = parse_qs(query)
        self.hub.log.append(Request(self.command, path, self.headers.get("Host", ""),
                                    dict(self.headers), self.body))
        fault = self.hub.next_fault(self.command, path, sending=False)
        if fault is not None and fault.refuse is not None:
            fault.refuse(self)
            return
        for method, form, name in ROUTES:  # before unquoting: a revision may be refs%2Fpr%2F1
            found = re.fullmatch(form, path)
            if method == self.command and found:
                with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                    self._give(name, {k: unquote(v or "") for k, v in found.groupdict().items()})
                return
        self.hub.unmatched.append(f"{self.command} {self.path}")
        self.fail(404, "", "no such address")

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = answer

    def _give(self, name: str, parts: dict[str, str]) -> None:
        try:
            getattr(self, name)(**parts)
        except Refused as refused:
            self.fail(*refused.args)

    def log_message(self, *args: object) -> None:
        """Say nothing; the hub keeps a log."""

    def _read_body(self) -> bytes:
        if "chunked" not in self.headers.get("Transfer-Encoding", ""):
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        chunks = []
        while size := int(self.rfile.readline().partition(b";")[0], 16):
            chunks.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(chunks)

    # Answers in general

    def send(self, status: int, content: bytes, headers: dict[str, str], length: int | None = None) -> None:
        self.send_response(status)
        announced = len(content) if length is None else abs(length)
        for name, value in {**headers, "Content-Length": str(announced)}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)
        if length is not None and length < 0:
            self.wfile.flush()
            self.connection.settimeout(60)
            with contextlib.suppress(OSError):
                self.connection.recv(1)  # until the client is gone
            self.close_connection = True
        elif announced > len(content):
            self.hang_up()

    def say(self, data: Any, status: int = 200) -> None:
        self.send(status, json.dumps(data).encode(), {"Content-Type": "application/json"})

    def fail(self, status: int, code: str = "", message: str = "",
             headers: dict[str, str] | None = None) -> None:
        """Say what is wrong in headers too, which a HEAD request can read."""
        said = {"X-Error-Message": message or code, "Content-Type": "application/json", **(headers or {})}
        if code:
            said["X-Error-Code"] = code
        self.send(status, json.dumps({"error": message or code}).encode(), said)

    def hang_up(self) -> None:
        self.close_connection = True
        with contextlib.suppress(OSError):
            self.wfile.flush()
            self.connection.shutdown(socket.SHUT_RDWR)

    # Who asks for what

    @property
    def account(self) -> str:
        said = self.headers.get("Authorization", "")
        if not said:
            return ""
        if (account := self.hub.tokens.get(said.removeprefix("Bearer "))) is None:
            raise Refused(401, "", "Invalid credentials in Authorization header")
        return account

    def repository(self, name: str, *, write: bool = False) -> Repository:
        account, found = self.account, self.hub.repositories.get(name)
        if found is None or (found.private and not account):
            raise Refused(404 if account else 401, "RepoNotFound", "Repository not found")
        if write and account != name.partition("/")[0]:
            raise Refused(403, "", "You don't have the rights to write to this repository")
        return found

    def at(self, name: str, revision: str, *, write: bool = False) -> At:
        found = self.repository(name, write=write)
        if (commit := found.find(revision)) is None:
            raise Refused(404, "RevisionNotFound", f"Invalid rev id: {revision}")
        return At(found, commit)

    # Reading

    def whoami(self) -> None:
        if not self.account:
            raise Refused(401, "", "Invalid username or password.")
        self.say({"type": "user", "name": self.account, "orgs": [], "auth": {
            "type": "access_token", "accessToken": {"displayName": "test", "role": "write"}}})

    def agents(self) -> None:
        """A list that newer clients ask for once a day, to name in their requests what runs them."""
        self.say({})

    def search(self) -> None:
        wanted = {*self.query.get("filter", ()), *self.query.get("pipeline_tag", ())}
        author, words = self.query.get("author", [""])[0], self.query.get("search", [""])[0].lower()
        account, found = self.account, []
        for one in self.hub.repositories.values():
            said = one.info(one.head)
            owner = one.name.partition("/")[0]
            labels = {*said["tags"], said.get("pipeline_tag")}
            if (wanted <= labels and words in one.name.lower() and author in ("", owner)
                    and (not one.private or owner == account)):
                found.append(said)
        self.say(found[:int(self.query.get("limit", ["1000"])[0])])

    def info(self, name: str, revision: str = "main") -> None:
        found, commit = self.at(name, revision)
        self.say(found.info(commit, blobs="blobs" in self.query))

    def refs(self, name: str) -> None:
        kinds: dict[str, list[dict[str, str]]] = {"heads": [], "tags": [], "pr": []}
        for ref, commit in self.repository(name).refs.items():
            _, kind, short = ref.split("/", 2)
            kinds[kind].append({"name": ref if kind == "pr" else short, "ref": ref, "targetCommit": commit})
        self.say({"branches": kinds["heads"], "tags": kinds["tags"], "converts": [],
                  "pullRequests": kinds["pr"]})

    def tree(self, name: str, revision: str, folder: str = "") -> None:
        found, commit = self.at(name, revision)
        self.say(found.tree(commit, folder))

    def commits(self, name: str, revision: str) -> None:
        found, commit = self.at(name, revision)
        self.say([{"id": commit, "title": found.messages[commit], "message": "", "authors": [],
                   "date": "2026-01-01T00:00:00.000Z"}])

    def paths_info(self, name: str, revision: str) -> None:
        found, commit = self.at(name, revision)
        form = (json.loads(self.body) if self.body.startswith(b"{") else parse_qs(self.body.decode()))
        files = found.commits[commit]
        self.say([found.entry(path, files[path]) for path in form.get("paths", ()) if path in files])

    def resolve(self, name: str, revision: str, path: str) -> None:
        found = self.repository(name)
        if found.gated and self.account not in self.hub.agreed:
            raise Refused(403 if self.account else 401, "GatedRepo", f"Access to model {name} is restricted.")
        _, commit = self.at(name, revision)
        if path not in found.commits[commit]:
            raise Refused(404, "EntryNotFound", "Entry not found")
        content = found.commits[commit][path]
        tag = etag(path, content)
        headers = {"X-Repo-Commit": commit, "ETag": f'"{tag}"', "Accept-Ranges": "bytes"}
        if not is_large(path, len(content)):
            self.send_file(content, headers)
            return
        self.hub.large[tag] = content
        headers |= {"X-Linked-Size": str(len(content)), "X-Linked-ETag": f'"{tag}"',
                    "Location": f"{self.hub.files_url}/files/{tag}/{path}"}
        if self.hub.xet:
            token = f"{self.hub.url}/api/models/{name}/xet-read-token/{commit}"
            headers |= {"X-Xet-Hash": tag, "Link": f'<{token}>; rel="xet-auth"'}
        self.send(302, b"", headers)

    def xet_token(self, name: str, revision: str) -> None:
        """Lead to a store that nobody runs."""
        self.at(name, revision)
        said = {"casUrl": "http://127.0.0.1:9", "accessToken": "none", "exp": 4_000_000_000}
        self.send(200, json.dumps(said).encode(), {
            "X-Xet-Cas-Url": said["casUrl"], "X-Xet-Access-Token": "none",
            "X-Xet-Token-Expiration": str(said["exp"])})

    def large_file(self, digest: str) -> None:
        if digest not in self.hub.large:
            raise Refused(404, "EntryNotFound", "Entry not found")
        self.send_file(self.hub.large[digest], {"ETag": f'"{digest}"', "Accept-Ranges": "bytes"})

    def send_file(self, content: bytes, headers: dict[str, str]) -> None:
        """Send a file or the part that was asked for, or what a fault makes of it."""
        status = 200
        if wanted := re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", "")):
            first, last = int(wanted[1]), min(int(wanted[2] or len(content)), len(content) - 1)
            if first > last:
                self.send(416, b"", {"Content-Range": f"bytes */{len(content)}"})
                return
            headers = {**headers, "Content-Range": f"bytes {first}-{last}/{len(content)}"}
            status, content = 206, content[first:last + 1]
        length = None
        if self.command == "GET":
            fault = self.hub.next_fault("GET", self.path, sending=True)
            if fault is not None and fault.spoil is not None:
                content, length = fault.spoil(content)
        self.send(status, content, {**headers, "Content-Type": "application/octet-stream"}, length)

    # Writing

    def create(self) -> None:
        form, account = json.loads(self.body), self.account
        owner = form.get("organization") or account
        name = f"{owner}/{form['name']}"
        if not account:
            raise Refused(401, "", "Invalid username or password.")
        if owner != account:
            raise Refused(403, "", "You don't have the rights to create a model under this namespace")
        if name in self.hub.repositories:
            self.say({"error": "You already created this model repo", "url": f"{self.hub.url}/{name}"}, 409)
            return
        private = bool(form.get("private")) or form.get("visibility") == "private"
        self.hub.repositories[name] = made = Repository(name, private=private)
        made.commit({}, "initial commit")
        self.say({"url": f"{self.hub.url}/{name}", "name": name, "id": name})

    def delete(self) -> None:
        form = json.loads(self.body)
        name = f"{form.get('organization') or self.account}/{form['name']}"
        self.repository(name, write=True)
        del self.hub.repositories[name]
        self.say({})

    def validate_yaml(self) -> None:
        """As the Hub does: a licence and tags must be what it knows; here, of the right type."""
        from hub_store import front_matter

        facts = front_matter(json.loads(self.body)["content"].encode())
        wrong = [f'"{key}" must be {kind.__name__}' for key, kind in
                 (("license", str), ("library_name", str), ("tags", list), ("model-index", list))
                 if key in facts and not isinstance(facts[key], kind)]
        said = {"errors": [{"message": one} for one in wrong], "warnings": []}
        self.say(said, 400 if wrong else 200)

    def preupload(self, name: str, revision: str) -> None:
        self.at(name, revision, write="create_pr" not in self.query)
        self.say({"files": [{"path": one["path"], "shouldIgnore": False, "oid": None,
                             "uploadMode": "lfs" if is_large(one["path"], one["size"]) else "regular"}
                            for one in json.loads(self.body)["files"]]})

    def lfs_batch(self, name: str) -> None:
        self.repository(name)
        if not self.account:
            raise Refused(401, "", "Invalid username or password.")
        objects: list[dict[str, Any]] = []
        for one in json.loads(self.body)["objects"]:
            todo = {"actions": {"upload": {"href": f"{self.hub.url}/lfs/{one['oid']}"},
                                "verify": {"href": f"{self.hub.url}/lfs-verify"}}}
            here = one["oid"] in self.hub.large
            objects.append({"oid": one["oid"], "size": one["size"], **({} if here else todo)})
        self.say({"transfer": "basic", "objects": objects})

    def lfs_put(self, digest: str) -> None:
        if sha256(self.body) != digest:
            raise Refused(400, "", "these bytes have another SHA-256")
        self.hub.large[digest] = self.body
        self.say({})

    def lfs_verify(self) -> None:
        form = json.loads(self.body)
        if len(self.hub.large.get(form["oid"], b"")) != form["size"]:
            raise Refused(404, "", "no such object")
        self.say({})

    def commit(self, name: str, revision: str) -> None:
        pull = self.query.get("create_pr", ["0"])[0] in ("1", "true", "True")
        found, parent = self.at(name, revision, write=not pull)
        if not self.account:
            raise Refused(401, "", "Invalid username or password.")
        header, files = self._changed(found, parent)
        if header.get("parentCommit") not in (None, parent):
            raise Refused(412, "", "A commit has happened since. Please refresh and try again.")
        ref, number = found.ref_of(revision), 1 + sum(r.startswith("refs/pr/") for r in found.refs)
        if pull:
            ref = f"refs/pr/{number}"
        made = found.commit(files, header["summary"], ref)
        said = {"success": True, "commitOid": made, "hookOutput": "",
                "commitUrl": f"{self.hub.url}/{name}/commit/{made}"}
        if pull:
            said["pullRequestUrl"] = f"{self.hub.url}/{name}/discussions/{number}"
        self.say(said)

    def _changed(self, found: Repository, parent: str) -> tuple[dict[str, Any], dict[str, bytes]]:
        """What the lines of a commit say, and the files after it."""
        header: dict[str, Any] = {}
        files = dict(found.commits[parent])
        for line in self.body.splitlines():
            one = json.loads(line)
            value = one["value"]
            match one["key"]:
                case "header":
                    header = value
                case "file":
                    files[value["path"]] = base64.b64decode(value["content"])
                case "lfsFile":
                    files[value["path"]] = self.hub.large[value["oid"]]
                case "deletedFile":
                    files.pop(value["path"], None)
                case "deletedFolder":
                    inside = value["path"].rstrip("/") + "/"
                    files = {p: c for p, c in files.items() if not p.startswith(inside)}
        return header, files

    def tag(self, name: str, revision: str) -> None:
        found, commit = self.at(name, revision, write=True)
        ref = f"refs/tags/{json.loads(self.body)['tag']}"
        if ref in found.refs:
            raise Refused(409, "", "Tag already exists")
        found.refs[ref] = commit
        self.say({})

    def untag(self, name: str, revision: str) -> None:
        self._drop(name, f"refs/tags/{revision}")

    def branch(self, name: str, revision: str) -> None:
        start = json.loads(self.body or b"{}").get("startingPoint") or "main"
        found, commit = self.at(name, start, write=True)
        if f"refs/heads/{revision}" in found.refs:
            raise Refused(409, "", "Branch already exists")
        found.refs[f"refs/heads/{revision}"] = commit
        self.say({})

    def unbranch(self, name: str, revision: str) -> None:
        self._drop(name, f"refs/heads/{revision}")

    def _drop(self, name: str, ref: str) -> None:
        if self.repository(name, write=True).refs.pop(ref, None) is None:
            raise Refused(404, "RevisionNotFound", f"Invalid rev id: {ref}")
        self.say({})
