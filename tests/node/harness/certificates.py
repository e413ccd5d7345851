"""A certificate authority for one test. Kubernetes takes a client's user and groups from its certificate's subject (CN and O)."""

import os
import subprocess

from harness import tools


class Authority:
    def __init__(self, folder):
        self.dir = folder
        self.certificate = self._path("ca.crt")
        key = self._path("ca.key")
        self._openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", key)
        # Without a configuration file: the distribution's would add extensions.
        self._openssl("req", "-x509", "-new", "-key", key, "-subj", "/CN=node-tests", "-days", "2", "-out", self.certificate)

    def issue(self, name, subject, alternative_names=None):
        """Issues a certificate for servers and clients with a new key; returns their paths (certificate, key)."""
        key, request, certificate = self._path(name + ".key"), self._path(name + ".csr"), self._path(name + ".crt")
        extensions = self._path(name + ".ext")
        with open(extensions, "w", encoding="utf-8") as file:
            file.write("extendedKeyUsage=serverAuth,clientAuth\n")
            if alternative_names:
                file.write(f"subjectAltName={alternative_names}\n")
        self._openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", key)
        self._openssl("req", "-new", "-key", key, "-subj", subject, "-out", request)
        self._openssl(
            *("x509", "-req", "-in", request, "-CA", self.certificate, "-CAkey", self._path("ca.key"), "-CAcreateserial"),
            *("-days", "2", "-extfile", extensions, "-out", certificate),
        )
        return certificate, key

    def _path(self, name):
        return os.path.join(self.dir, name)

    def _openssl(self, *arguments):
        argv = [tools.distribution("openssl"), *arguments]
        result = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if result.returncode != 0:
            raise RuntimeError(f"openssl {' '.join(arguments)}: {result.stdout}")
