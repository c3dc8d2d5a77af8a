// The dialogs of the board: questions that are asked before an act, and choices for it.
import { createPortal } from "react-dom";
import * as say from "./announcements.js";
import { Question } from "./dialog.jsx";
import { labelsOf } from "./finding.js";
import { MergeDialog } from "./merge_dialog.jsx";
import { columnOf } from "./order.js";
import { LabelDialog, LimitDialog, MoveDialog } from "./several.jsx";
import { actOnAll, movePicked } from "./several_acts.js";

/** The `question` that is asked and the `dialog` that is open, if any; for `board` see `board.jsx`. */
export function BoardDialogs({ board, question, dialog }) {
  const { known, columns, picked, operations, ask, open, tell } = board;
  const close = () => open(null);

  const answer = (yes, ticked) => {
    ask(null);
    if (question.move) {
      const { id, column, after } = question.move;
      tell(yes ? question.done : say.putBack(known[id].title, columnOf(columns, id)));
      if (yes) operations.move(id, column, after);
    }
    if (yes) question.then?.(ticked);
  };

  const merge = (wish) => {
    const { id, title, attempt_id: attempt } = question.merge;
    ask(null);
    tell(say.merging(title, columnOf(columns, id)));
    operations.act("merge", id, attempt, wish);
  };

  return createPortal(
    <>
      <MoveDialog
        open={dialog?.kind === "move"}
        count={picked.length}
        columns={columns.filter((column) => column.id !== "errored")}
        onMove={(column) => movePicked(board, column)}
        onClose={close}
      />
      <LabelDialog
        open={dialog?.kind === "label"}
        count={picked.length}
        labels={labelsOf(board.cards, [])}
        onLabel={(label, on) => {
          close();
          actOnAll(board, on ? "label" : "unlabel", picked, { label });
        }}
        onClose={close}
      />
      <LimitDialog
        column={dialog?.kind === "limit" ? dialog.column : null}
        onLimit={(id, limit) => {
          close();
          operations.act("limit", id, "", { limit });
        }}
        onClose={close}
      />
      <Question ask={question?.merge ? null : question} onYes={(ticked) => answer(true, ticked)} onNo={() => answer(false)} />
      <MergeDialog
        card={question?.merge ?? null}
        choice={board.merges}
        look={board.look}
        hydrations={board.hydrations}
        onLook={board.onLook}
        onForget={board.onForget}
        onMerge={merge}
        onMark={() => answer(true)}
        onClose={() => answer(false)}
      />
    </>,
    // Beside the board, which is inert while a card's panel covers it and has such a button.
    document.querySelector(".page") ?? document.body,
  );
}
