"""Shows notes in headless Chromium and tells what ran, what was to be loaded and where links lead.

Every host but the viewer's own is unresolvable. A policy that only reports forbids everything, so that
each inline handler, script, style and load is told of and still goes its way.
"""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from selenium import webdriver

from tests.support.browser import chromium

_POLICY = "default-src 'none'; script-src 'nonce-viewer'; frame-src 'self'; report-uri /told"
# In every frame before anything else: what could be called, what fails, what the policy forbids.
_HOOKS = """
(() => {
  const tell = what => window.top.postMessage({told: what}, '*');
  for (const name of ['hit', 'alert', 'confirm', 'prompt', 'print', 'open'])
    Object.defineProperty(window, name, {value: () => { tell('ran: ' + name); return null; }});
  addEventListener('error', event => { if (event.message) tell('ran: and failed'); }, true);
  document.addEventListener('securitypolicyviolation',
    event => tell('policy: ' + event.effectiveDirective + ' ' + event.blockedURI), true);
})();
"""
_PAGE = """<!doctype html><meta charset="utf-8"><title>notes</title><div id="notes"></div>
<script nonce="viewer">
const told = [], harmless = ['http:', 'https:', 'mailto:'];
addEventListener('message', event => { if (event.data.told) told.push(event.data.told); });
const pause = milliseconds => new Promise(done => setTimeout(done, milliseconds));
const use = place => {
  for (const element of place.querySelectorAll('*')) {
    if (element.localName === 'a' && element.hasAttribute('href')) {
      if (!harmless.includes(element.protocol)) told.push('link: ' + element.protocol);
      element.addEventListener('click', event => {
        if (harmless.includes(element.protocol)) event.preventDefault();
      });
    }
    element.dispatchEvent(new MouseEvent('mouseover', {bubbles: true}));
    element.focus?.();
    element.click?.();
  }
};
window.show = async (notes, inFrames) => {
  const place = document.getElementById('notes');
  const loaded = [];
  told.length = 0;
  for (const note of notes) {
    const one = document.createElement(inFrames ? 'iframe' : 'div');
    if (inFrames) {
      one.srcdoc = '<!doctype html><body>' + note;
      loaded.push(new Promise(done => one.addEventListener('load', done)));
    }
    place.append(one);
    if (!inFrames) one.innerHTML = note;
  }
  await Promise.race([Promise.all(loaded), pause(20000)]);
  await pause(300);
  for (const one of place.children) use(inFrames ? one.contentDocument.body : one);
  await pause(200);
  place.replaceChildren();
  return [...new Set(told)];
};
</script>"""


class NoteViewer:
    """Shows notes in a page of its own; `inFrames` gives each a document, else they share one."""

    def __init__(self, driver: webdriver.Chrome) -> None:
        self._driver = driver

    def show(self, notes: Sequence[str], *, in_frames: bool) -> list[str]:
        """Show the notes, touch everything in them, and return what was seen, each thing once."""
        seen: list[str] = self._driver.execute_async_script(
            "const [notes, inFrames, done] = arguments;"
            "show(notes, inFrames).then(done, problem => done(['problem: ' + problem]));",
            list(notes),
            in_frames,
        )
        return seen


class _Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        found = self.path == "/"
        self.send_response(200 if found else 404)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Security-Policy-Report-Only", _POLICY)
        self.end_headers()
        self.wfile.write(_PAGE.encode() if found else b"")

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *args: object) -> None:
        """Say nothing."""


@contextmanager
def note_viewer() -> Iterator[NoteViewer]:
    """Yield a viewer; browser and page are gone when the block ends."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Page)
    serving = threading.Thread(target=server.serve_forever)
    serving.start()
    try:
        flags = ("--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1", "--no-proxy-server")
        with chromium(*flags) as driver:
            driver.set_script_timeout(120)
            driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": _HOOKS})
            driver.get(f"http://127.0.0.1:{server.server_port}/")
            yield NoteViewer(driver)
    finally:
        server.shutdown()
        serving.join()
        server.server_close()
