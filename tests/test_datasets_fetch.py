"""Where files are found, and that none is believed without its checksum."""

import gzip
import threading
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from unlabeled.datasets import CorruptedFileError, cache_folder
from unlabeled.datasets.fetch import PublishedFile, fetch

CONTENT = b"published" * 1000
CHECKSUM = sha256(CONTENT).hexdigest()


class Handler(BaseHTTPRequestHandler):
    """/whole, /partial (the connection ends too early) and /wrong; anything else is missing."""

    def do_GET(self):
        self.server.paths.append(self.path)
        if self.path not in ("/whole", "/partial", "/wrong"):
            return self.send_error(404)
        self.send_response(200)
        self.send_header("Content-Length", str(len(CONTENT)))
        self.end_headers()
        content = {"/partial": CONTENT[:100], "/wrong": CONTENT[::-1]}.get(self.path, CONTENT)
        self.wfile.write(content)

    def log_message(self, *args):
        pass


@pytest.fixture
def server():
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.paths = []
        server.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def data(tmp_path, monkeypatch):
    """An empty UNLABELED_DATA and an empty cache."""
    monkeypatch.setenv("UNLABELED_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("UNLABELED_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    (tmp_path / "data" / "toy").mkdir(parents=True)
    return tmp_path / "data" / "toy"


def toy(server, *paths):
    return PublishedFile("toy.bin", CHECKSUM, tuple(server.url + path for path in paths))


def cached():
    return sorted(path.name for path in cache_folder().rglob("*") if path.is_file())


def put(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def test_download_is_kept(server):
    file = toy(server, "/whole")
    assert fetch("toy", file) == (file, CONTENT)
    assert fetch("toy", file) == (file, CONTENT)
    assert server.paths == ["/whole"]
    assert (cache_folder() / "toy" / "toy.bin").read_bytes() == CONTENT


def test_next_address_is_tried(server):
    assert fetch("toy", toy(server, "/missing", "/partial", "/wrong", "/whole"))[1] == CONTENT
    assert cached() == ["toy.bin"]


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("/partial", f"{sha256(CONTENT[:100]).hexdigest()} (100 bytes): 9000 bytes were promised"),
        ("/wrong", f"{sha256(CONTENT[::-1]).hexdigest()} (9,000 bytes)"),
        ("/missing", "404"),
    ],
)
def test_bad_download_is_named_and_not_kept(server, path, found):
    with pytest.raises(OSError, match="could not download") as error:
        fetch("toy", toy(server, path))
    message = str(error.value)
    assert str(cache_folder() / "toy" / "toy.bin") in message
    assert server.url + path in message
    assert found in message
    assert path == "/missing" or f"expected sha256 {CHECKSUM}" in message
    assert cached() == []


def test_user_folder_comes_before_cache_and_web(server, data):
    other = b"other"
    local = PublishedFile("toy.bin", sha256(other).hexdigest(), toy(server, "/whole").urls)
    put(cache_folder() / "toy" / "toy.bin", CONTENT)
    put(data / "toy.bin", other)
    assert fetch("toy", local) == (local, other)
    assert server.paths == []


def test_corrupted_user_file_is_named_and_stays(server, data):
    path = put(data / "toy.bin", CONTENT[:-1])
    with pytest.raises(CorruptedFileError) as error:
        fetch("toy", toy(server, "/whole"))
    for part in (str(path), CHECKSUM, sha256(CONTENT[:-1]).hexdigest(), "8,999 bytes"):
        assert part in str(error.value)
    assert path.read_bytes() == CONTENT[:-1]
    assert server.paths == []


def test_corrupted_cache_file_is_named_and_deleted(server):
    path = put(cache_folder() / "toy" / "toy.bin", CONTENT + b"!")
    with pytest.raises(CorruptedFileError) as error:
        fetch("toy", toy(server, "/whole"))
    for part in (str(path), CHECKSUM, sha256(CONTENT + b"!").hexdigest(), "deleted"):
        assert part in str(error.value)
    assert not path.exists()
    assert fetch("toy", toy(server, "/whole"))[1] == CONTENT


def test_unpacked_content_is_what_counts(server, data):
    zipped = PublishedFile("toy.bin.gz", CHECKSUM, unpack=gzip.decompress)
    for level in (1, 9):
        put(data / "toy.bin.gz", gzip.compress(CONTENT, level))
        assert fetch("toy", toy(server, "/whole"), zipped) == (zipped, CONTENT)


@pytest.mark.parametrize("damage", [lambda z: z[:-20], lambda z: b"plain", lambda z: z[:12] * 9])
def test_broken_gzip_is_named(data, damage):
    path = put(data / "toy.bin.gz", damage(gzip.compress(CONTENT)))
    with pytest.raises(CorruptedFileError, match="cannot be unpacked") as error:
        fetch("toy", PublishedFile("toy.bin.gz", CHECKSUM, unpack=gzip.decompress))
    assert str(path) in str(error.value)
    assert path.exists()


def test_file_that_is_nowhere(data):
    with pytest.raises(OSError, match=r"not offered for download.*toy/toy\.npz.*UNLABELED_DATA"):
        fetch("toy", PublishedFile("toy.npz", CHECKSUM))


def test_unlabeled_data_must_be_a_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("UNLABELED_DATA", str(tmp_path / "absent"))
    with pytest.raises(FileNotFoundError, match=r"absent.*make it or unset"):
        fetch("toy", PublishedFile("toy.npz", CHECKSUM))


@pytest.mark.parametrize(
    ("platform", "variable", "expected"),
    [
        ("linux", None, "home/.cache/unlabeled"),
        ("linux", "XDG_CACHE_HOME", "chosen/unlabeled"),
        ("darwin", None, "home/Library/Caches/unlabeled"),
        ("win32", None, "home/AppData/Local/unlabeled"),
        ("win32", "LOCALAPPDATA", "chosen/unlabeled"),
        ("linux", "UNLABELED_CACHE", "chosen"),
    ],
)
def test_cache_folder_of_the_platform(monkeypatch, tmp_path, platform, variable, expected):
    monkeypatch.setattr("sys.platform", platform)
    monkeypatch.setattr("pathlib.Path.home", lambda: tmp_path / "home")
    for name in ("UNLABELED_CACHE", "XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    if variable:
        monkeypatch.setenv(variable, str(tmp_path / "chosen"))
    assert cache_folder() == tmp_path / expected
