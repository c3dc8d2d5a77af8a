"""What a run has made, as a staged service tells it: a plan, and changes of every kind."""

from typing import Any, Final
from urllib.parse import urlencode

from tests.support.staged import FILES, StagedService

PLAN: Final = """\
# Search that forgives typos
**Issue 42** · feature

## Steps
1. Build a trigram index beside the table of words
2. Ask it only when nothing else is found
   - one typo in words of four letters
   - two in longer ones
3. Show what was meant: `Did you mean …?`

## Done when
- [x] `pytest shop/search` passes
- [ ] a search takes at most 50 ms with 100,000 words
"""
DIFF: Final = '''\
diff --git a/shop/search/index.py b/shop/search/index.py
index 3b18e51..c0a1f22 100644
--- a/shop/search/index.py
+++ b/shop/search/index.py
@@ -1,10 +1,12 @@
 """Where words are found."""

 from collections.abc import Iterator
+from functools import lru_cache

 from shop.search.store import Words
+from shop.search.typos import distance

-LIMIT = 10
+LIMIT = 25  # of what is shown at once


 class Index:
@@ -31,6 +33,12 @@ class Index:
     def find(self, word: str) -> list[str]:
         """The words that begin like it, the most frequent ones first."""
-        return [hit for hit in self._words.starting(word.lower())][:LIMIT]
+        exact = list(self._words.starting(word.lower()))
+        return (exact or list(self._near(word)))[:LIMIT]

+    @lru_cache(maxsize=1000)
+    def _near(self, word: str) -> Iterator[str]:
+        allowed = 1 if len(word) < 6 else 2
+        return (hit for hit in self._words.trigrams(word) if distance(hit, word) <= allowed)
+
     def add(self, word: str) -> None:
         self._words.add(word)
'''
RENAMED: Final = ("docs/search.md", "docs/find.md")


def show_plan(service: StagedService, adw_id: str, text: str = PLAN) -> None:
    answer = {"plan_content": text, "plan_file": "specs/issue-42-adw-9f3a41c7-search-that-forgives-typos.md"}
    service.service.answers[f"/api/adws/{adw_id}/plan"] = answer


def show_changes(service: StagedService, adw_id: str, files: list[dict[str, Any]] | None = None) -> None:
    """These files, or some of every kind."""
    known = _files() if files is None else files
    service.service.answers[f"/api/adws/{adw_id}/changes"] = {
        "adw_id": adw_id,
        "branch": "adw/9f3a41c7-typo-tolerant-product-search",
        "base": "main",
        "worktree": True,
        "total": len(known),
        "added": sum(file["added"] or 0 for file in known),
        "removed": sum(file["removed"] or 0 for file in known),
        "files": known,
    }


def show_diff(
    service: StagedService, adw_id: str, path: str, diff: str, old_path: str | None = None, **more: object
) -> None:
    query = urlencode({"path": path} | ({"from": old_path} if old_path else {}))
    answer = {"path": path, "old_path": old_path, "binary": False, "truncated": False, "diff": diff, **more}
    service.service.answers[f"/api/adws/{adw_id}/changes/file?{query}"] = answer


def show_work(service: StagedService, adw_id: str) -> None:
    """All of it."""
    show_plan(service, adw_id)
    show_changes(service, adw_id)
    show_diff(service, adw_id, FILES[0][0], DIFF)


def changed(path: str, status: str = "M", added: int | None = 1, removed: int | None = 0, **more: object) -> Any:
    return {"path": path, "old_path": None, "status": status, "added": added, "removed": removed, **more}


def _files() -> list[dict[str, Any]]:
    files = [changed(path, "A" if removed == 0 else "M", added, removed) for path, added, removed in FILES]
    files[1]["uncommitted"] = True
    files[5].update(status="R", path=RENAMED[1], old_path=RENAMED[0])
    return [*files, changed("shop/search/naive.py", "D", 0, 58)]
