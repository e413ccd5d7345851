"""Forwards TCP connections on loopback to a unix socket, for clients that know no other address than host and port."""

import socket
import threading


class Forwarder:
    """Connections are accepted from the beginning, on .port."""

    def __init__(self, path):
        self._path = path
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def stop(self):
        """Accepts no more; open connections end with their peers."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            server = socket.socket(socket.AF_UNIX)
            try:
                server.connect(self._path)
            except OSError:
                client.close()
                continue
            pumps = [threading.Thread(target=_pump, args=ends, daemon=True) for ends in ((client, server), (server, client))]
            for pump in pumps:
                pump.start()
            threading.Thread(target=_close_after, args=(pumps, client, server), daemon=True).start()


def _pump(source, sink):
    try:
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        # One side has reset the connection: the other must notice, in both directions.
        for end in (source, sink):
            _shut_down(end)


def _shut_down(end):
    try:
        end.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass  # It is closed already.


def _close_after(pumps, *ends):
    for pump in pumps:
        pump.join()
    for end in ends:
        end.close()
