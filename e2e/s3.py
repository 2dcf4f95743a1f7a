"""An S3 server for tests: moto, which checks keys and signatures, with a bucket `films` in it.

Prints `{"address": …, "key_id": …, "secret": …}` when it listens. Below /-/ is not S3 but the test's hand on it:

GET /-/seen             what was asked so far, by what it was: {"part": 3, …}
GET /-/object/NAME      an object of the bucket, 404 when there is none
GET /-/uploads          how many uploads in parts are neither done nor aborted
GET /-/mode?MODE        from now on `works`, `fails` (503), `cuts` (closes connections in the middle of an answer), `slow` (half a second a request)
"""

import collections
import json
import os
import sys
import time
from urllib.parse import parse_qs

os.environ["INITIAL_NO_AUTH_ACTION_COUNT"] = "0"
os.environ["MOTO_S3_CUSTOM_ENDPOINTS"] = ""

from moto.backends import get_backend
from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import make_server

ACCOUNT = "123456789012"
POLICY = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": ["s3:PutObject", "s3:GetObject", "s3:DeleteObject", "s3:AbortMultipartUpload"], "Resource": "*"}],
}


class Hand:
    """What the test does to the server, and what the server was asked."""

    def __init__(self, app):
        self.app = app
        self.mode = "works"
        self.seen = collections.Counter()

    def __call__(self, environ, start_response):
        path, query = environ["PATH_INFO"], environ["QUERY_STRING"]
        if path.startswith("/-/"):
            if path == "/-/mode":
                self.mode = query
            if path.startswith("/-/object/"):
                key = bucket().keys.get(path.removeprefix("/-/object/"))
                return answer(start_response, "200 OK" if key else "404 Not Found", key.value if key else b"")
            told = len(bucket().multiparts) if path == "/-/uploads" else self.seen
            return answer(start_response, "200 OK", json.dumps(told).encode())
        self.seen[kind(environ["REQUEST_METHOD"], query)] += 1
        if self.mode == "fails":
            return answer(start_response, "503 Slow Down", b"<Error><Code>SlowDown</Code></Error>")
        if self.mode == "cuts":
            # Else the connection stays open for what has not been read.
            environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
            start_response("200 OK", [("content-length", "1000")])
            return [b"<"]
        if self.mode == "slow":
            time.sleep(0.5)
        upload = parse_qs(query).get("uploadId", [None])[0]
        if upload and upload not in bucket().multiparts:
            # moto breaks over one that it does not know.
            return answer(start_response, "404 Not Found", b"<Error><Code>NoSuchUpload</Code></Error>")
        return self.app(environ, start_response)


def bucket():
    return get_backend("s3")[ACCOUNT]["aws"].buckets["films"]


def kind(method, query):
    if "partNumber=" in query:
        return "part"
    if "uploadId=" in query:
        return {"POST": "complete", "DELETE": "abort"}.get(method, method)
    if query.startswith("uploads"):
        return "begin"
    return method.lower()


def answer(start_response, status, body):
    start_response(status, [("content-type", "application/json"), ("content-length", str(len(body)))])
    return [body]


def main():
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 0
    users = get_backend("iam")[ACCOUNT]["aws"]
    users.create_user("us-east-1", "sluice")
    users.put_user_policy("sluice", "all", json.dumps(POLICY))
    key = users.create_access_key("sluice")
    get_backend("s3")[ACCOUNT]["aws"].create_bucket("films", "us-east-1")
    app = Hand(DomainDispatcherApplication(create_backend_app))
    server = make_server("127.0.0.1", port, app, threaded=True)
    told = {"address": f"127.0.0.1:{server.server_port}", "key_id": key.access_key_id, "secret": key.secret_access_key}
    print(json.dumps(told), flush=True)
    server.serve_forever()


main()
