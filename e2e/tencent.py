"""Tencent's clouds for tests: CAM and VoD of API 3.0, COS as far as buckets are made there, and moto for the objects of both.

Signatures are checked by what the vendor's pages say, apart from our own code: TC3-HMAC-SHA256 of the API, COS's own of buckets, and moto checks those of S3, with the
token of those that hold for a while. What is asked in the wrong order is refused.

Prints `{"address": …, "secret_id": …, "secret_key": …}` when it listens. Below /-/ is the test's hand on it:

GET /-/calls            what was asked so far, in order: ["GetUserAppId", "PUT bucket", …, "put NAME"]
GET /-/object/NAME      an object of whichever bucket, 404 when there is none
GET /-/lose/NAME        removes one
GET /-/remuxed          what was to be transcoded is, from now on
GET /-/forget           uploads that were begun are not known any more
GET /-/mode?MODE        from now on `works`, `gone` (connections end without an answer), `slow` (a second for an object)
GET /-/refuse?ACTION    the next ACTION is refused, once
GET /media/NAME         an object of a video, once the video is one
"""

import base64
import hashlib
import hmac
import json
import os
import re
import socket
import sys
import time
from urllib.parse import parse_qsl, quote, unquote

os.environ["INITIAL_NO_AUTH_ACTION_COUNT"] = "0"
os.environ["MOTO_S3_CUSTOM_ENDPOINTS"] = ""

from moto.backends import get_backend
from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import make_server

ACCOUNT = "123456789012"
APP_ID = 1250000000
VERSIONS = {"cam": "2019-01-16", "vod": "2018-07-17"}
VIDEOS = "vodtrans-1250000000"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/uploads"


def policy(*actions):
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": list(actions), "Resource": "*"}]})


class Refused(Exception):
    def __init__(self, code, message, status=200):
        super().__init__(f"{code}: {message}")
        self.code, self.message, self.status = code, message, status


def check(holds, code, message, status=200):
    if not holds:
        raise Refused(code, message, status)


class Tencent:
    """What there is of the account."""

    def __init__(self, key):
        self.secret_id, self.secret_key = key.access_key_id, key.secret_access_key
        self.app = DomainDispatcherApplication(create_backend_app)
        self.mode, self.refuse = "works", None
        self.calls, self.bucket, self.open = [], None, False
        self.application, self.regions, self.default = 0, set(), None
        self.uploads, self.files, self.remuxed = {}, {}, False

    def __call__(self, environ, start_response):
        path, query = environ["PATH_INFO"], environ["QUERY_STRING"]
        if path.startswith("/-/"):
            return self.hand(path, query, start_response)
        if self.mode == "gone":
            # Else what has not been read passes for the next request.
            environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
            environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
            raise ConnectionResetError
        signed = environ.get("HTTP_AUTHORIZATION", "")
        if "HTTP_X_TC_ACTION" in environ:
            return self.api(environ, start_response)
        if signed.startswith("q-sign-algorithm="):
            return self.cos(environ, start_response)
        if path.startswith("/media/"):
            name = path.removeprefix("/media/")
            committed = any(folder(upload) == os.path.dirname(name) for upload in self.files.values())
            return self.give(name if committed else "", start_response)
        if not signed:
            return self.give(path.split("/", 2)[-1] if self.open else "", start_response)
        method = environ["REQUEST_METHOD"]
        if method == "PUT":
            if self.mode == "slow":
                time.sleep(1)
            self.calls.append("put " + path.split("/", 2)[-1])
            kind = "video/MP2T" if path.endswith(".ts") else "application/vnd.apple.mpegurl"
            if environ.get("CONTENT_TYPE") != kind:
                return answer(start_response, "400 Bad Request", b"<Error><Code>WrongKind</Code></Error>")
        return self.app(environ, start_response)

    def hand(self, path, query, start_response):
        told = ""
        if path == "/-/mode":
            self.mode = query
        elif path == "/-/refuse":
            self.refuse = query
        elif path == "/-/remuxed":
            self.remuxed = True
        elif path == "/-/forget":
            self.uploads = {}
        elif path == "/-/calls":
            told = self.calls
        elif path.startswith("/-/object/"):
            return self.give(path.removeprefix("/-/object/"), start_response)
        elif path.startswith("/-/lose/"):
            for bucket in buckets():
                storage().delete_object(bucket, path.removeprefix("/-/lose/"))
        return answer(start_response, "200 OK", json.dumps(told).encode())

    def give(self, name, start_response):
        value = found(name)
        return answer(start_response, "200 OK" if value is not None else "404 Not Found", value or b"")

    def api(self, environ, start_response):
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        action = environ["HTTP_X_TC_ACTION"]
        try:
            self.check_tc3(environ, action, body)
            self.calls.append(action)
            if self.refuse == action:
                self.refuse = None
                raise Refused("InternalError", "It is out of order.")
            told = getattr(self, action)(json.loads(body))
        except Refused as error:
            told = {"Error": {"Code": error.code, "Message": error.message}}
        told["RequestId"] = "0"
        return answer(start_response, "200 OK", json.dumps({"Response": told}).encode())

    def check_tc3(self, environ, action, body):
        signed = re.fullmatch(
            r"TC3-HMAC-SHA256 Credential=([^/]+)/([\d-]+)/(\w+)/tc3_request, SignedHeaders=([\w;-]+), Signature=(\w+)",
            environ["HTTP_AUTHORIZATION"],
        )
        check(signed, "AuthFailure.InvalidAuthorization", "The authorization makes no sense.")
        known, day, service, names, signature = signed.groups()
        check(known == self.secret_id, "AuthFailure.SecretIdNotFound", "The SecretId is not found.")
        at = int(environ["HTTP_X_TC_TIMESTAMP"])
        check(abs(time.time() - at) < 300, "AuthFailure.SignatureExpire", "The timestamp is not now.")
        check(day == time.strftime("%Y-%m-%d", time.gmtime(at)), "AuthFailure.SignatureFailure", "It is another day.")
        check(environ["HTTP_X_TC_VERSION"] == VERSIONS[service], "InvalidParameter", "There is no such version.")
        check({"content-type", "host"} <= set(names.split(";")), "AuthFailure.SignatureFailure", "Headers are not signed.")
        values = {"content-type": environ["CONTENT_TYPE"], "host": environ["HTTP_HOST"], "x-tc-action": action.lower()}
        headers = "".join(f"{name}:{values[name]}\n" for name in names.split(";"))
        request = "\n".join(["POST", "/", "", headers, names, hashlib.sha256(body).hexdigest()])
        text = "\n".join(["TC3-HMAC-SHA256", str(at), f"{day}/{service}/tc3_request", hashlib.sha256(request.encode()).hexdigest()])
        key = ("TC3" + self.secret_key).encode()
        for part in [day, service, "tc3_request"]:
            key = hmac.digest(key, part.encode(), "sha256")
        right = hmac.digest(key, text.encode(), "sha256").hex() == signature
        check(right, "AuthFailure.SignatureFailure", "The provided credentials could not be validated.")

    def cos(self, environ, start_response):
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        try:
            self.change_bucket(environ, body)
            return answer(start_response, "200 OK", b"")
        except Refused as error:
            xml = f"<?xml version='1.0'?><Error><Code>{error.code}</Code><Message>{error.message}</Message></Error>"
            return answer(start_response, f"{error.status} No", xml.encode())

    def change_bucket(self, environ, body):
        self.check_cos(environ, body)
        check(environ["REQUEST_METHOD"] == "PUT", "MethodNotAllowed", "No.", 405)
        name, query = environ["PATH_INFO"].strip("/"), environ["QUERY_STRING"]
        if not query:
            self.calls.append("PUT bucket")
            check(re.fullmatch(rf"srs-lighthouse-[0-9a-f]{{4}}-{APP_ID}", name), "InvalidBucketName", name, 400)
            check(environ.get("HTTP_X_COS_ACL") == "private", "InvalidArgument", "It is for everybody.", 400)
            check(self.bucket != name, "BucketAlreadyOwnedByYou", "It is yours.", 409)
            storage().create_bucket(name, "us-east-1")
            self.bucket = name
            return
        check(name == self.bucket, "NoSuchBucket", name, 404)
        self.calls.append(f"PUT {query}")
        if query == "policy":
            [statement] = json.loads(body)["Statement"]
            check(statement["Principal"] == {"qcs": ["qcs::cam::anyone:anyone"]}, "MalformedPolicy", "whose", 400)
            check(statement["Resource"] == [f"qcs::cos:ap-test:uid/{APP_ID}:{name}/*"], "MalformedPolicy", "what", 400)
            check("name/cos:GetBucket" not in statement["Action"], "MalformedPolicy", "It lets list.", 400)
            self.open = "name/cos:GetObject" in statement["Action"]
        else:
            check(query == "cors", "NotImplemented", query, 501)
            check(b"<AllowedOrigin>*</AllowedOrigin>" in body, "MalformedXML", "whose", 400)

    def check_cos(self, environ, body):
        signed = dict(pair.split("=", 1) for pair in environ["HTTP_AUTHORIZATION"].split("&"))
        check(signed["q-ak"] == self.secret_id, "InvalidAccessKeyId", "There is no such key.", 403)
        first, last = (int(moment) for moment in signed["q-sign-time"].split(";"))
        check(first - 60 < time.time() < last, "AccessDenied", "Request has expired.", 403)
        md5 = base64.b64encode(hashlib.md5(body).digest()).decode()
        check(environ.get("HTTP_CONTENT_MD5") == md5, "InvalidDigest", "The body is another.", 400)
        given = {"host": environ["HTTP_HOST"], "content-type": environ.get("CONTENT_TYPE", "")}
        given |= {name[5:].lower().replace("_", "-"): value for name, value in environ.items() if name.startswith("HTTP_")}
        queried = dict(parse_qsl(environ["QUERY_STRING"], keep_blank_values=True))

        def pairs(names, values):
            return "&".join(f"{quote(name, safe='')}={quote(values[name], safe='')}" for name in names.split(";") if name)

        request = "\n".join([
            environ["REQUEST_METHOD"].lower(), unquote(environ["PATH_INFO"]),
            pairs(signed["q-url-param-list"], queried), pairs(signed["q-header-list"], given), "",
        ])
        key = hmac.digest(self.secret_key.encode(), signed["q-key-time"].encode(), "sha1").hex()
        text = f"sha1\n{signed['q-sign-time']}\n{hashlib.sha1(request.encode()).hexdigest()}\n"
        right = hmac.digest(key.encode(), text.encode(), "sha1").hex() == signed["q-signature"]
        check(right, "SignatureDoesNotMatch", "The signature is another.", 403)

    def GetUserAppId(self, _):
        return {"AppId": APP_ID, "Uin": "100000000001", "OwnerUin": "100000000001"}

    def CreateSubAppId(self, asked):
        check(re.fullmatch(r"srs-lighthouse-[0-9a-f]{4}", asked["Name"]), "InvalidParameterValue.Name", asked["Name"])
        check(self.application == 0, "FailedOperation", "There is one already.")
        self.application = 1500000001
        return {"SubAppId": self.application}

    def ours(self, asked):
        check(asked["SubAppId"] == self.application, "UnauthorizedOperation", "It is another's.")

    def CreateStorageRegion(self, asked):
        self.ours(asked)
        self.regions.add(asked["StorageRegion"])
        return {}

    def ModifyDefaultStorageRegion(self, asked):
        self.ours(asked)
        check(asked["StorageRegion"] in self.regions, "InvalidParameterValue.StorageRegion", "It is not there.")
        self.default = asked["StorageRegion"]
        return {}

    def DescribeTranscodeTemplates(self, asked):
        self.ours(asked)
        check(asked["Type"] == "Preset", "InvalidParameterValue.Type", asked["Type"])

        def template(definition, name, container, codecs):
            video, audio = codecs
            return {
                "Definition": definition, "Name": name, "Container": container, "Type": "Preset",
                "VideoTemplate": {"Codec": video}, "AudioTemplate": {"Codec": audio},
            }

        templates = [
            template("10", "MP4-LD", "mp4", ("libx264", "libfdk_aac")),
            template("875", "Remux (Deprecated)", "mp4", ("copy", "copy")),
            template("876", "Remux-HLS", "hls", ("copy", "copy")),
            template("877", "Remux-MP4", "mp4", ("copy", "copy")),
        ]
        return {"TotalCount": len(templates), "TranscodeTemplateSet": templates}

    def DescribeVodDomains(self, asked):
        self.ours(asked)
        domains = [{"Domain": "1.example.com", "DeployStatus": "Deploying"}, {"Domain": "2.example.com", "DeployStatus": "Online"}]
        return {"TotalCount": 2, "DomainSet": domains}

    def ApplyUpload(self, asked):
        self.ours(asked)
        check(self.default, "FailedOperation", "Nothing says where.")
        check(asked["MediaType"] == "m3u8", "InvalidParameterValue.MediaType", asked["MediaType"])
        session = asked.get("VodSessionKey")
        if session:
            check(session in self.uploads, "InvalidParameterValue.VodSessionKey", "The session key is invalid.")
        else:
            number = len(self.files) + len(self.uploads) + int(time.time() * 1000)
            session = f"session-{number}"
            self.uploads[session] = f"/{number:x}/{number:x}/list.m3u8"
        role = get_backend("sts")[ACCOUNT]["aws"].assume_role("us-east-1", "uploads", ROLE, "", 3600, "")
        return {
            "StorageBucket": VIDEOS, "StorageRegion": "ap-test-1", "VodSessionKey": session,
            "MediaStoragePath": self.uploads[session], "CoverStoragePath": "",
            "TempCertificate": {
                "SecretId": role.access_key_id, "SecretKey": role.secret_access_key, "Token": role.session_token,
                "ExpiredTime": int(time.time()) + 3600,
            },
        }

    def CommitUpload(self, asked):
        self.ours(asked)
        session = asked["VodSessionKey"]
        check(session in self.uploads, "InvalidParameterValue.VodSessionKey", "The session key is invalid.")
        path = self.uploads[session].lstrip("/")
        playlist = found(path)
        check(playlist is not None, "FailedOperation", "There is no playlist.")
        for line in playlist.decode().splitlines():
            there = line.startswith("#") or found(f"{os.path.dirname(path)}/{line}") is not None
            check(there, "FailedOperation", f"There is no {line}.")
        file = f"5285485487985271{len(self.files):03}"
        self.files[file] = self.uploads.pop(session)
        return {"FileId": file, "MediaUrl": f"{self.address}/media/{path}"}

    def ProcessMedia(self, asked):
        self.ours(asked)
        check(asked["FileId"] in self.files, "ResourceNotFound.FileNotExist", "There is no such file.")
        check(asked["MediaProcessTask"] == {"TranscodeTaskSet": [{"Definition": 877}]}, "InvalidParameterValue", "What?")
        return {"TaskId": f"{APP_ID}-procedurev2-1"}

    def DescribeMediaInfos(self, asked):
        self.ours(asked)
        check(asked["Filters"] == ["transcodeInfo"], "InvalidParameterValue.Filters", "Too much.")

        def info(file):
            made = [{
                "Definition": 877, "Url": f"{self.address}/v.f877.mp4", "Bitrate": 553000, "Height": 360, "Width": 640, "Size": 4189073,
                "Duration": 60.04, "Md5": "eff7031ad7877865f9a3240e9ab165ad", "Container": "mov,mp4",
            }]
            original = {"Definition": 0, "Url": "x", "Bitrate": 1, "Height": 1, "Width": 1, "Size": 1, "Duration": 1, "Md5": ""}
            return {"FileId": file, "TranscodeInfo": {"TranscodeSet": [original] + (made if self.remuxed else [])}}

        return {"MediaInfoSet": [info(file) for file in asked["FileIds"] if file in self.files], "NotExistFileIdSet": []}


def storage():
    return get_backend("s3")[ACCOUNT]["aws"]


def buckets():
    return storage().buckets


def found(name):
    values = (bucket.keys[name].value for bucket in buckets().values() if name in bucket.keys)
    return next(values, None)


def folder(path):
    return os.path.dirname(path.lstrip("/"))


def answer(start_response, status, body):
    headers = [("content-type", "application/octet-stream"), ("content-length", str(len(body)))]
    start_response(status, headers)
    return [body]


def main():
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 0
    users = get_backend("iam")[ACCOUNT]["aws"]
    users.create_user("us-east-1", "sluice")
    users.put_user_policy("sluice", "all", policy("s3:PutObject", "s3:GetObject"))
    # Who uploads a video may write, and not look.
    users.create_role("uploads", "{}", "/", None, "", [], "3600")
    users.put_role_policy("uploads", "all", policy("s3:PutObject"))
    storage().create_bucket(VIDEOS, "us-east-1")
    app = Tencent(users.create_access_key("sluice"))
    server = make_server("127.0.0.1", port, app, threaded=True)
    app.address = f"http://127.0.0.1:{server.server_port}"
    told = {"address": app.address, "secret_id": app.secret_id, "secret_key": app.secret_key}
    print(json.dumps(told), flush=True)
    server.serve_forever()


main()
