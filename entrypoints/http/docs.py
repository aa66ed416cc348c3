"""``/openapi.json`` and a page to try it: plain HTML and one script from here, nothing from elsewhere."""

from entrypoints.http.routes import Call, Reply, Route

HTML = b"text/html; charset=utf-8"
SCRIPT = b"text/javascript; charset=utf-8"
PAGE = b"""<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Fluxor API</title>
<style>
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
summary { cursor: pointer; padding: .3rem 0; } code, pre, textarea, input { font: 14px/1.4 ui-monospace, monospace; }
b { display: inline-block; width: 4.5rem; }
pre { background: #f4f4f4; padding: .7rem; overflow: auto; max-height: 30rem; }
textarea, input { width: 100%; box-sizing: border-box; margin: .2rem 0; } details { border-bottom: 1px solid #ddd; }
</style>
<h1>Fluxor API</h1>
<p>The document behind this page: <a href="/openapi.json">/openapi.json</a></p>
<label>API key <input id="key" type="password" autocomplete="off" placeholder="fx_..."></label>
<main id="operations"></main>
<script src="/docs.js"></script>
</html>
"""
CODE = b"""'use strict';
const make = (tag, text, into) => {
  const element = document.createElement(tag);
  element.textContent = text;
  into.append(element);
  return element;
};
const resolve = (api, schema) => schema.$ref ? api.components.schemas[schema.$ref.split('/').pop()] : schema;
const field = (name, into) => {
  const input = make('input', '', into);
  input.placeholder = name;
  return input;
};
const show = (api, path, method, operation, into) => {
  const box = make('details', '', into);
  const head = make('summary', '', box);
  make('b', method.toUpperCase(), head);
  make('code', path, head);
  make('span', ' ' + operation.summary, head);
  make('p', operation.description, box);
  const inputs = operation.parameters.map(parameter => [parameter, field(parameter.name, box)]);
  const body = operation.requestBody && make('textarea', '', box);
  if (body) {
    const schema = resolve(api, operation.requestBody.content['application/json'].schema);
    body.rows = 6;
    make('pre', JSON.stringify(schema, null, 2), box);
  }
  const button = make('button', 'Send', box);
  const output = make('pre', '', box);
  button.onclick = async () => {
    let target = path;
    const query = new URLSearchParams();
    const headers = {Authorization: 'Bearer ' + document.getElementById('key').value};
    for (const [parameter, input] of inputs) {
      if (parameter.in === 'path') target = target.replace('{' + parameter.name + '}', encodeURIComponent(input.value));
      else if (input.value && parameter.in === 'query') query.set(parameter.name, input.value);
      else if (input.value) headers[parameter.name] = input.value;
    }
    if (body) headers['Content-Type'] = 'application/json';
    const answer = await fetch(target + (query.size ? '?' + query : ''),
      {method: method.toUpperCase(), headers, body: body ? body.value : undefined});
    const text = await answer.text();
    try { output.textContent = answer.status + '\\n' + JSON.stringify(JSON.parse(text), null, 2); }
    catch { output.textContent = answer.status + '\\n' + text; }
  };
};
fetch('/openapi.json').then(answer => answer.json()).then(api => {
  const into = document.getElementById('operations');
  for (const [path, methods] of Object.entries(api.paths))
    for (const [method, operation] of Object.entries(methods)) show(api, path, method, operation, into);
});
"""


def routes(document: bytes) -> list[Route]:
    """The routes that serve ``document`` and the page."""
    return [
        _fixed("/openapi.json", document, b"application/json"),
        _fixed("/docs", PAGE, HTML),
        _fixed("/docs.js", CODE, SCRIPT),
    ]


def _fixed(path: str, body: bytes, media: bytes) -> Route:
    async def serve(call: Call) -> Reply:
        return Reply(status=200, body=body, media=media)

    return Route(method="GET", path=path, summary=path, handle=serve, tag="docs", media=media, public=True)
