"""Creates the bucket `assets` in an emulator: create_bucket.py s3|gs|az ORIGIN"""

import base64
import datetime
import hashlib
import hmac
import json
import sys
import urllib.request

# The well-known key of every Azure emulator.
AZURE_KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
AZURE_ACCOUNT = "devstoreaccount1"


def azure(origin):
    date = datetime.datetime.now(datetime.timezone.utc).strftime("%a, %d %b %Y %H:%M:%S GMT")
    headers = {"x-ms-date": date, "x-ms-version": "2021-08-06"}
    resource = f"/{AZURE_ACCOUNT}/{AZURE_ACCOUNT}/assets\nrestype:container"
    text = "PUT" + "\n" * 12 + f"x-ms-date:{date}\nx-ms-version:2021-08-06\n{resource}"
    digest = hmac.new(base64.b64decode(AZURE_KEY), text.encode(), hashlib.sha256).digest()
    headers["Authorization"] = f"SharedKey {AZURE_ACCOUNT}:{base64.b64encode(digest).decode()}"
    return urllib.request.Request(f"{origin}/{AZURE_ACCOUNT}/assets?restype=container", method="PUT", headers=headers)


def google(origin):
    body, headers = json.dumps({"name": "assets"}).encode(), {"Content-Type": "application/json"}
    return urllib.request.Request(f"{origin}/storage/v1/b?project=test", method="POST", data=body, headers=headers)


def amazon(origin):
    return urllib.request.Request(f"{origin}/assets", method="PUT")


kind, origin = sys.argv[1:]
urllib.request.urlopen({"az": azure, "gs": google, "s3": amazon}[kind](origin), timeout=10)
