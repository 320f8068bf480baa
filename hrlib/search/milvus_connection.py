"""Connections to Milvus: a cluster by its address, or milvus-lite in this process, over a local path.

milvus-lite 3 keeps a database in a folder, locked by one process, and serves it from threads of that process. pymilvus
starts the server and never stops it before the program ends; here it is stopped with the last connection to its path.
"""

from __future__ import annotations

import logging
import shutil
import tempfile
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hrlib.errors import HrlibError
from hrlib.files import mark, sweep
from hrlib.search.faiss_mended import mend_faiss

MISSING = 'MilvusStore needs pymilvus and, for a local path, milvus-lite: pip install "hrlib[cluster]"'


@dataclass
class _Server:
    """milvus-lite over a path: how many connections there are to it, and the lock of its only writer."""

    connections: int = 0
    lock: threading.RLock = field(default_factory=threading.RLock)


_servers: dict[str, _Server] = {}
_guard = threading.RLock()  # a store that is collected as garbage may close its connection inside of it


class Connection:
    """A client and what has to be closed with it.

    Attributes:
        client: pymilvus' client, a connection of its own.
        lock: held by one writer at a time.
        uri: the address, without user and password, or the path.
        lite: whether it is milvus-lite.
    """

    def __init__(self, uri: str | Path | None, token: str = ""):
        if uri is not None and not isinstance(uri, str | Path):
            raise HrlibError(f"uri is {uri!r}: expected a path that ends with .db, or an address (http://host:19530)")
        try:
            # pymilvus loads it with the first search or upsert, and fails where two threads do so at once
            import scipy.sparse  # noqa: F401
            from pymilvus import MilvusClient
            from pymilvus.exceptions import MilvusException

            if not _is_address(uri):
                import milvus_lite  # noqa: F401

                mend_faiss()
        except ModuleNotFoundError as error:
            raise HrlibError(f"{MISSING} ({error})") from None
        self._temporary = None
        if uri is None:
            sweep(Path(tempfile.gettempdir()))
            self._temporary = tempfile.mkdtemp(prefix=".hrlib-milvus-", suffix=f".{mark()}")
        local = Path(self._temporary, "store.db") if uri is None else uri
        self._path = None if _is_address(local) else _path(Path(local))
        self.lite = self._path is not None
        self.uri = self._path or str(uri).split("@")[-1]
        with _guard:
            server = _servers.setdefault(self._path, _Server()) if self.lite else _Server()
            server.connections, self.lock, self.client = server.connections + 1, server.lock, None
            try:
                # not shared: pymilvus shares by port, and the port of a server that was stopped may be given to another;
                # no pings: milvus-lite takes them for an attack, ends the connection, and gRPC writes that to the notebook
                options = {"grpc_options": {"grpc.keepalive_time_ms": 2**31 - 1}} if self.lite else {}
                self.client = MilvusClient(self._path or str(uri), token=token, dedicated=True, **options)
            except MilvusException as error:
                self._release()
                what = "is another process using it?" if self._path else "is it running, and the token right?"
                raise HrlibError(f"no Milvus at {self.uri}: {what} ({error.message})") from error

    def close(self) -> None:
        """Close the connection, and stop the server of a path with its last one. Closing twice does no harm."""
        with _guard:
            if self.client is not None:
                self.client.close()
                self.client = None
                self._release()

    def _release(self) -> None:
        if self.lite:
            from milvus_lite.server_manager import server_manager_instance

            _servers[self._path].connections -= 1
            if not _servers[self._path].connections:
                del _servers[self._path]
                server_manager_instance.release_server(self._path)
        shutil.rmtree(self._temporary or "", ignore_errors=True)


def _is_address(uri: Any) -> bool:
    return isinstance(uri, str) and "://" in uri


def _path(path: Path) -> str:
    if path.suffix != ".db":
        raise HrlibError(f"uri is {str(path)!r}: expected a path that ends with .db, or an address (http://host:19530)")
    path.parent.mkdir(parents=True, exist_ok=True)
    # of a scan, which milvus-lite gives no time stamp: it has one writer, whom a scan keeps waiting
    logging.getLogger("pymilvus.client.iterator.query_iterator").setLevel(logging.ERROR)
    return str(path.resolve())
