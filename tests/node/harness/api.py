"""A minimal client of the Kubernetes API: JSON over TLS with a client certificate."""

import json
import ssl
import urllib.error
import urllib.parse
import urllib.request

PODS = "/api/v1/namespaces/default/pods"
EVENTS = "/api/v1/namespaces/default/events"
JOBS = "/apis/batch/v1/namespaces/default/jobs"
CRON_JOBS = "/apis/batch/v1/namespaces/default/cronjobs"
SERVICE_ACCOUNTS = "/api/v1/namespaces/default/serviceaccounts"
RBAC = "/apis/rbac.authorization.k8s.io/v1"


class ApiError(Exception):
    """An error response of the API server; .status is the HTTP status, the text the response body."""

    def __init__(self, status, text):
        super().__init__(f"{status}: {text}")
        self.status = status


class Api:
    def __init__(self, server, authority, certificate, key):
        self._server = server
        self._context = ssl.create_default_context(cafile=authority)
        self._context.load_cert_chain(certificate, key)

    def call(self, method, path, body=None, content_type="application/json", **query):
        url = self._server + path + ("?" + urllib.parse.urlencode(query) if query else "")
        request = urllib.request.Request(url, method=method, data=None if body is None else json.dumps(body).encode())
        request.add_header("Content-Type", content_type)
        try:
            with urllib.request.urlopen(request, timeout=30, context=self._context) as response:
                text = response.read()
        except urllib.error.HTTPError as error:
            raise ApiError(error.code, error.read().decode(errors="replace")) from None
        return json.loads(text) if text.startswith(b"{") else text

    def get(self, path, **query):
        return self.call("GET", path, **query)

    def get_if_exists(self, path):
        try:
            return self.get(path)
        except ApiError as error:
            if error.status == 404:
                return None
            raise

    def items(self, path, **query):
        return self.get(path, **query)["items"]

    def create(self, path, item):
        return self.call("POST", path, item)

    def patch(self, path, change, subresource=""):
        """A strategic merge patch, as `kubectl patch` sends it: containers are matched by name."""
        return self.call("PATCH", path + subresource, change, "application/strategic-merge-patch+json")

    def delete(self, path, policy="Background"):
        return self.call("DELETE", path, {"kind": "DeleteOptions", "apiVersion": "v1", "propagationPolicy": policy})
