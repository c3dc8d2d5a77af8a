"""The five stages of the demonstration. Each does real work; `[fail:<stage>]` makes its check fail for real."""

from collections.abc import Callable
from typing import Final

from kanban_app.trigger_service.workflows import demo_texts as texts
from kanban_app.trigger_service.workflows.card import identifier, line_of
from kanban_app.trigger_service.workflows.demo_review import CHECKS, changed_files, commits
from kanban_app.trigger_service.workflows.repository import BASE, GitFailed, Worktree, git
from kanban_app.trigger_service.workflows.stage_run import StageFailed, StageRun


def plan(run: StageRun) -> None:
    run.step("Reading the card")
    run.log(f"Title: {run.card.title[:200]}")
    run.log(f"Text: {len(run.card.body)} characters")
    run.think(f"The card asks for: {run.card.title[:300]}. A small module with a test will show it.")
    run.step("Preparing branch and worktree")
    tree = run.tree
    run.log(f"Branch {tree.branch}")
    run.log(f"Worktree {tree.path}")
    run.step("Looking at the repository")
    files = git(tree.path, "ls-files").splitlines()
    run.tool("Glob", {"pattern": "**/*"}, "\n".join(files[:50]))
    run.log(f"{len(files)} files on {BASE}")
    run.step("Looking for a template of the specification")
    if run.card.fails_in("plan"):
        _require(run, f"{BASE}:specs/TEMPLATE.md", "the project has no template for specifications")
    name = f"specs/{run.adw_id}-{tree.name}.md"
    size = run.write_parts(name, texts.spec(run.card, run.adw_id, identifier(tree.name)))
    run.say(f"The specification has {size} lines and names two files.")
    run.step("Counting the acceptance criteria")
    run.log(f"{len(texts.criteria(run.card))} acceptance criteria")
    run.step("Committing the specification")
    run.commit([name], f"Plan: {run.card.title[:60]}")


def build(run: StageRun) -> None:
    run.step("Opening the worktree")
    tree, module = run.tree, identifier(run.tree.name)
    run.log(f"Branch {tree.branch}")
    run.step("Reading the specification")
    specs = git(tree.path, "ls-files", "specs").splitlines()
    run.tool("Read", {"file_path": specs[-1] if specs else "the card"}, f"{len(specs)} specifications")
    run.think(f"The module {module} holds the card's criteria as data, so that a test can check each of them.")
    name = f"demo_work/{module}.py"
    run.write("demo_work/__init__.py", '"""Modules that demonstration runs have built."""\n')
    run.write_parts(name, texts.module(run.card, broken=run.card.fails_in("build")))
    run.step("Compiling the module")
    outcome = run.python("-c", f"compile(open({name!r}).read(), {name!r}, 'exec')")
    if not outcome.ok:
        raise StageFailed(f"{name} does not compile: {_last(outcome.lines)}")
    run.step("Importing the module")
    outcome = run.python("-c", f"import demo_work.{module} as built; print(built.summary())")
    if not outcome.ok:
        raise StageFailed(f"{name} cannot be imported: {_last(outcome.lines)}")
    run.say(f"{name} compiles and can be imported.")
    run.step("Committing the module")
    run.commit(["demo_work/__init__.py", name], f"Build: {run.card.title[:60]}")
    if run.card.patch:
        _patch(run)


def _patch(run: StageRun) -> None:
    """Write down what the patch asks for, each patch of a run in a file of its own."""
    earlier = git(run.tree.path, "ls-files", "--", f"patches/{run.adw_id}-*.md").splitlines()
    name = f"patches/{run.adw_id}-{len(earlier) + 1}.md"
    run.think(f"The patch asks for: {line_of(run.card.patch)[:300]}. Its words go onto the branch.")
    run.step("Writing down what the patch asks for")
    run.write(name, texts.patch(run.card, run.adw_id))
    run.step("Committing the patch")
    run.commit([name], f"Patch: {line_of(run.card.patch)[:60]}")
    run.say(f"{name} has the words of the patch; a demonstration does no more with them.")


def test(run: StageRun) -> None:
    run.step("Opening the worktree")
    tree, module = run.tree, identifier(run.tree.name)
    if not (tree.path / "demo_work" / f"{module}.py").exists():
        raise StageFailed("Precondition failed: there is no module to test. Run the build stage first.")
    run.step("Reading the module")
    run.tool("Read", {"file_path": f"demo_work/{module}.py"}, f"module {module}")
    run.think("Each function gets a test of its own; the share is tested at both ends.")
    name = f"tests/test_{module}.py"
    run.write("tests/__init__.py", "")
    run.write_parts(name, texts.unit_test(run.card, module, wrong=run.card.fails_in("test")))
    run.step("Running the tests")
    outcome = run.python("-m", "unittest", "-v", f"tests.test_{module}")
    if not outcome.ok:
        raise StageFailed(f"the unit tests failed: {_assertion(outcome.lines)}")
    run.step("Reading the results")
    run.say(f"All {texts.TEST_CASES} tests pass.")
    run.step("Committing the tests")
    run.commit(["tests/__init__.py", name], f"Test: {run.card.title[:60]}")


def review(run: StageRun) -> None:
    run.step("Opening the worktree")
    tree = run.tree
    run.step(f"Comparing {tree.branch} with {BASE}")
    stat = git(tree.path, "diff", "--stat=100", f"{BASE}...{tree.branch}").splitlines()
    run.tool("Bash", {"command": f"git diff --stat {BASE}...{tree.branch}"}, "\n".join(stat))
    for line in stat:
        run.log(line.strip()[:300])
    run.think(f"The branch differs from {BASE} in {max(0, len(stat) - 1)} files.")
    checked = [_check(run, text, check) for text, check in CHECKS.items()]
    if run.card.fails_in("review"):
        _require(run, f"{tree.branch}:docs/decision-record.md", "the review asks for a record of the decision")
    name = f"reviews/{run.adw_id}.md"
    run.step("Writing the review")
    run.write(name, texts.review(run.card, tree.branch, stat, commits(tree), checked))
    run.say(f"Nothing stands in the way: {checked[0]}.")
    run.step("Committing the review")
    run.commit([name], f"Review: {run.card.title[:60]}")


def _check(run: StageRun, text: str, check: Callable[[Worktree], str]) -> str:
    run.step(text)
    result = check(run.tree)
    run.log(result)
    return result


def document(run: StageRun) -> None:
    run.step("Opening the worktree")
    tree, module = run.tree, identifier(run.tree.name)
    run.step("Collecting what the run has made")
    made = changed_files(tree)
    run.tool("Glob", {"pattern": f"{BASE}...{tree.branch}"}, "\n".join(made))
    for path in made:
        run.log(f"to document: {path}")
    run.think("One page is enough: what it is for, how to use it, where the parts lie.")
    name = f"docs/{tree.name}.md"
    run.write_parts(name, texts.page(run.card, module, made, dead_link=run.card.fails_in("document")))
    run.step("Checking the links of the page")
    for target in texts.link_targets((tree.path / name).read_text("utf-8")):
        run.log(f"link to {target}")
        if not (tree.path / "docs" / target).exists():
            raise StageFailed(f"{name} links to {target}, which does not exist")
    run.say(f"{name} describes {len(made)} files.")
    run.step("Committing the page")
    run.commit([name], f"Document: {run.card.title[:60]}")


STAGES: Final[dict[str, tuple[Callable[[StageRun], None], int]]] = {
    "plan": (plan, 15),
    "build": (build, 14),
    "test": (test, 15),
    "review": (review, 13),
    "document": (document, 13),
}
"""The work of each stage and the number of its steps."""


def _require(run: StageRun, what: str, why: str) -> None:
    """Fail unless git knows this object."""
    try:
        git(run.tree.path, "cat-file", "-e", what)
    except GitFailed as failure:
        raise StageFailed(f"Precondition failed: {why} ({failure})") from failure


def _last(lines: tuple[str, ...]) -> str:
    return lines[-1].strip() if lines else "no output"


def _assertion(lines: tuple[str, ...]) -> str:
    """The line of a test run that says what was wrong."""
    return next((line.strip() for line in lines if line.startswith("AssertionError")), _last(lines))
