"""A workflow that floods: it prints far more than anyone wants to keep, and posts lines as fast as it can."""

SCRIPT = """
import http.client, json, os, sys, urllib.parse
megabytes, lines = int(os.environ["FLOOD_MB"]), int(os.environ["FLOOD_LINES"])
url = urllib.parse.urlsplit(os.environ["WEBSOCKET_URL"])
link = http.client.HTTPConnection(url.hostname, url.port)
kept = 0
def post(kind, **data):
    data = {"adw_id": sys.argv[2], "workflow_name": "adw_orchestrator", "timestamp": "t", **data}
    body = json.dumps({"type": kind, "data": data}).encode()
    link.request("POST", url.path + "/api/workflow-updates", body, {"Content-Type": "application/json"})
    return json.loads(link.getresponse().read())["report_id"] is not None
chunk = ("x" * 99 + "\\n") * 10_000
for _ in range(megabytes):
    sys.stdout.write(chunk)
for number in range(lines):
    kept += post("workflow_log", message=f"line {number} " + "y" * 100, level="INFO")
print("kept", kept, flush=True)
post("status_update", status="completed", message=f"kept {kept}")
"""
