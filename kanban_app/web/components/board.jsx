// The board: columns, drag and drop, the card menu and the questions that some moves ask first. The order shown is the
// server's plus the moves that it has not acknowledged; while a card is dragged the order stands still.
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { createPortal } from "react-dom";
import { useLocation, useNavigate } from "react-router";
import { DragDropContext, useKeyboardSensor, useMouseSensor } from "@hello-pangea/dnd";
import * as say from "./announcements.js";
import { openPalette, tellBoard } from "./board_link.js";
import { useEscapeLeaves, useLeaveCard } from "./card_place.js";
import { useMouseOnCards } from "./card_sensors.js";
import { Column } from "./column.jsx";
import { keepNames } from "./column_name.jsx";
import { columnOfMenu, entriesForColumn } from "./column_menu.jsx";
import { Question } from "./dialog.jsx";
import { showGap } from "./drop_gap.js";
import { arranged, isNarrowed, labelsOf } from "./finding.js";
import { keepInUrl, tellFacts, useFinding, withFinding } from "./finding_store.js";
import { FoundLine } from "./found.jsx";
import { useKeptFocus } from "./kept_focus.js";
import { useLiveStore } from "./live_store.js";
import { fetchLogView } from "./log_view.jsx";
import { CardMenu, entriesFor, menuButton } from "./menu.jsx";
import { MergeDialog } from "./merge_dialog.jsx";
import { newId, useOperations } from "./operations.js";
import { applyMoves, cardAbove, columnOf } from "./order.js";
import { routeOf } from "./project.js";
import { questionFor, restartQuestion } from "./questions.js";
import { Acked, Left, MOST_LINES, QuickAdd } from "./quick_add.jsx";
import { AT_ONCE, cardCount, LabelDialog, LimitDialog, MoveDialog, questionForAll, SelectionBar, useSelection } from "./several.jsx";
import { Switcher, useCurrentColumn, usePhone } from "./switcher.jsx";
import { Targets, useAim } from "./targets.jsx";
import { useUndo } from "./undoing.js";
import { wholeCards } from "./whole_card.js";

const FOLDABLE = "completed";
const LEAVES = ["archive", "delete"];

/**
 * The board as soon as the server has sent it, until then the children. A server that was started anew begins with
 * nothing: what it has sent last stays until it is there again, and with it what is selected and being typed.
 */
export function KanbanBoard({ ready, children, ...sent }) {
  const held = useRef({ sent: null, away: true, round: 0 });
  const now = held.current;
  // What is looked for may be among the cards that are still to come.
  const { finding } = useFinding();
  const enough = ready && (sent.whole || now.sent || !(isNarrowed(finding) || finding.sort !== "own"));
  if (enough) Object.assign(now, { sent, round: now.round + (now.away ? 1 : 0) });
  now.away = !enough;
  if (!now.sent) return children;
  // The new server counts from the beginning.
  return <Board {...now.sent} hydrations={`${now.round} ${now.sent.hydrations}`} />;
}

function Board({ columns, demo, merges, shards, whole, blank, live, look, acked, saved, asked, left, hydrations, ...rest }) {
  const { hints, renderCard, ...handlers } = rest;
  const { onMove, onAct, onAsk, onTakeBack, onSeveral } = handlers;
  const before = useRef({});
  // The cards that a server has not sent yet that was started anew are those of the one before.
  const cards = useMemo(() => (before.current = { ...(whole ? {} : before.current), ...wholeCards(shards, blank) }), [...shards, whole]);
  const store = useLiveStore(live);
  useEffect(() => keepNames(columns), [columns]);
  const open = useOperations({ acked, asked, hydrations, onMove, onAct, onAsk, onTakeBack, onSeveral });
  const [frozen, setFrozen] = useState(null);
  const [menu, setMenu] = useState(null);
  const [question, setQuestion] = useState(null);
  const [dialog, setDialog] = useState(null);
  const [news, setNews] = useState("");
  const [expanded, setExpanded] = useState(false);
  const [current, setCurrent] = useCurrentColumn(columns);
  const phone = usePhone();
  const operations = useUndo({ operations: open, acked, saved });
  const navigate = useNavigate();
  const location = useLocation();
  const leaveCard = useLeaveCard();
  useEscapeLeaves(leaveCard);
  const hover = useRef(null);

  const wished = question?.move ? [...operations.moves, question.move] : operations.moves;
  const order = useMemo(() => applyMoves(columns, wished), [columns, operations.moves, question]);
  const { finding, hits } = useFinding();
  const sorted = finding.sort !== "own";
  const visible = useMemo(() => arranged(order, cards, finding, hits), [order, cards, finding, hits]);
  const shown = frozen?.order ?? visible;
  const known = useMemo(() => (frozen ? { ...frozen.cards, ...cards } : cards), [frozen, cards]);
  const home = frozen && columnOf(shown, frozen.id);
  const aim = useAim({
    active: frozen !== null && phone,
    columns: shown,
    from: home?.id,
    onAim: (column) => setNews(say.over(column ? placeAtEnd(column, frozen.id) : placeOf(hover.current, frozen.id))),
  });
  const sensors = useMemo(() => [useMouseSensor, useKeyboardSensor, useMouseOnCards, aim.sensor], [aim.sensor]);
  useKeptFocus(shown);
  useEffect(fetchLogView, []);
  useEffect(keepInUrl, [location]);
  useEffect(() => {
    const size = (list) => list.reduce((sum, column) => sum + column.ids.length, 0);
    const titles = columns.map((column) => [column.id, column.title]);
    tellFacts({ labels: labelsOf(cards, finding.label), columns: titles, shown: size(visible), total: size(order) });
  }, [cards, columns, finding, visible, order]);
  const savingIds = useMemo(
    () => new Set(operations.open.flatMap(({ id, wish }) => [id, ...(wish?.ids?.split(",") ?? [])])),
    [operations.open],
  );
  const { picked, picking, ...selection } = useSelection({ columns: shown, paused: frozen !== null });
  const several = useMemo(
    () => ({ picking, chosen: new Set(picked), toggle: selection.toggle }),
    [picking, picked.join(), selection.toggle],
  );

  /** Make a move, or ask about it first; what comes of it is said by `tell`, after the answer where there is one. */
  const place = (move, where, tell) => {
    const ask = questionFor(cards[move.id], move.column);
    const done = say.dropped(known[move.id].title, where);
    if (ask) {
      tell(say.asked(ask.title));
      setQuestion({ ...ask, move: { op: "", ...move }, done });
    } else {
      tell(done);
      operations.move(move.id, move.column, move.after);
    }
  };

  /** Where the library has the card, in words; null where there is no column. */
  const placeOf = (destination, id) => {
    if (!destination) return null;
    const target = shown.find((column) => column.id === destination.droppableId);
    return say.placeIn(target, destination.index, target.ids.filter((other) => other !== id).length + 1);
  };

  const onDragStart = ({ draggableId: id, source }, { announce }) => {
    hover.current = source;
    showGap(id, source);
    announce(say.lifted(known[id].title, placeOf(source, id)));
  };

  const onDragUpdate = ({ draggableId: id, destination }, { announce }) => {
    hover.current = destination;
    showGap(id, destination);
    announce(say.over(placeOf(destination, id)));
  };

  const onDragEnd = ({ draggableId: id, source, destination, reason }, { announce }) => {
    setFrozen(null);
    const { title } = known[id];
    const aimed = reason === "DROP" ? aim.taken() : (aim.taken(), null);
    if (aimed) {
      moveToEnd(id, aimed, announce);
      return;
    }
    const stays = destination?.droppableId === source.droppableId && destination.index === source.index;
    if (!destination || stays) {
      announce(say.putBack(title, columnOf(shown, id)));
      return;
    }
    const target = shown.find((column) => column.id === destination.droppableId);
    if (sorted) {
      if (destination.droppableId === source.droppableId) announce(say.sortedPlace(title, target));
      else moveToEnd(id, target.id, announce);
      return;
    }
    const folded = target.id === FOLDABLE && !expanded && !phone;
    const beside = folded ? [] : target.ids.filter((other) => known[other]);
    const after = cardAbove(beside, id, destination.index);
    place({ id, column: target.id, after }, placeOf(destination, id), announce);
  };

  const moveToEnd = (id, columnId, tell) => {
    // Below all cards of the column, also those that a search leaves out.
    const target = order.find((column) => column.id === columnId);
    const after = target.ids.filter((other) => other !== id).at(-1) ?? null;
    place({ id, column: target.id, after }, sorted ? say.atTheEnd(target) : placeAtEnd(target, id), tell);
  };

  /** One place up or down among the cards of its column. */
  const nudge = (id, down) => {
    const column = columnOf(shown, id);
    const ids = column.ids.filter((other) => known[other]);
    const at = ids.indexOf(id);
    const after = down ? ids[at + 1] : (ids[at - 2] ?? null);
    place({ id, column: column.id, after }, say.placeIn(column, at + (down ? 1 : -1), ids.length), setNews);
  };

  /** Acts that open a dialog instead, wherever their button is; those that make no sense any more are refused. */
  const asksFirst = (act, id) => {
    const card = cards[id];
    if (act === "merge" && card?.can_merge) moveToEnd(id, FOLDABLE, setNews);
    else if (act === "restart" && card?.stages.length > 0) {
      const then = (ticked) => operations.act("restart", id, card.attempt_id, ticked ? { remove_old: "true" } : {});
      setQuestion({ ...restartQuestion(merges, columns.find((column) => column.id === card.stages[0])?.title), then });
    } else return false;
    return true;
  };

  /** One act for all of these cards; it is taken back as one. */
  const actOnAll = (act, ids, wish) => {
    const some = ids.slice(0, AT_ONCE);
    if (some.length > 0) operations.act(`bulk-${act}`, some[0], "", { ids: some.join(), ...wish });
    if (LEAVES.includes(act) && some.includes(inUrl())) leaveCard();
  };

  const actOnPicked = (act) => {
    if (act === "clear") selection.clear();
    else if (act === "delete") {
      setQuestion({
        title: `Delete ${cardCount(picked.length)}?`,
        text: "They go to the bin, from where they can be restored.",
        confirm: "Delete",
        danger: true,
        then: () => leave("delete"),
      });
    } else if (act === "archive") leave("archive");
    else setDialog({ kind: act });
  };

  const leave = (act, wish) => {
    actOnAll(act, picked, wish);
    selection.clear();
  };

  const movePicked = (column) => {
    const then = () => leave("move", { column: column.id });
    const ask = questionForAll(picked.map((id) => cards[id]).filter(Boolean), column);
    if (ask) setQuestion({ ...ask, then });
    else then();
  };

  const addCards = (lines) => operations.act("quick-add", newId(), "", { lines: lines.join("\n") });

  const askForCards = (lines) => {
    const some = lines.slice(0, MOST_LINES);
    const left = lines.length - some.length;
    setQuestion({
      title: `Add ${some.length} cards?`,
      text: `Each line becomes a card.${left > 0 ? ` The last ${left} of the ${lines.length} lines are left out.` : ""}`,
      confirm: `Add ${some.length} cards`,
      then: () => addCards(some),
    });
  };

  const chooseOfColumn = (entry, column) => {
    if (entry === "column-select") selection.start();
    else if (entry === "column-limit") setDialog({ kind: "limit", column });
    else if (entry === "archive-completed") actOnAll("archive", column.ids);
    else navigate("/archive/");
  };

  const choose = (entry) => {
    const { id } = menu;
    setMenu(null);
    menuButton(id)?.focus();
    const ofColumn = columnOfMenu(id, shown);
    if (ofColumn) {
      chooseOfColumn(entry, ofColumn);
      return;
    }
    carryOut(entry, id);
  };

  /** What an entry of a card's menu does, wherever it is offered. */
  const carryOut = (entry, id) => {
    if (asksFirst(entry, id)) return;
    if (entry.startsWith("move-to-")) {
      moveToEnd(id, entry.slice("move-to-".length), setNews);
    } else if (entry === "move-up" || entry === "move-down") {
      nudge(id, entry === "move-down");
    } else if (entry === "delete") {
      setQuestion({
        title: "Delete this card?",
        text: cards[id]?.title,
        confirm: "Delete",
        danger: true,
        then: () => {
          operations.act("delete", id, cards[id]?.attempt_id ?? "");
          if (inUrl() === id) leaveCard();
        },
      });
    } else if (entry === "select") {
      // A panel that covers the board would hide what is selected.
      if (phone && inUrl() !== null) leaveCard();
      selection.start(id);
    } else if (entry === "copy") {
      openPalette("copy", id);
    } else if (entry === "edit") {
      handlers.onEdit(id);
    } else if (entry === "patch") {
      handlers.onPatch(id);
    } else {
      operations.act(entry, id, cards[id]?.attempt_id ?? "");
      if (entry === "archive" && inUrl() === id) leaveCard();
    }
  };

  const answer = (yes, ticked) => {
    const asked = question;
    setQuestion(null);
    if (asked.move) {
      const { id, column, after } = asked.move;
      setNews(yes ? asked.done : say.putBack(known[id].title, columnOf(columns, id)));
      if (yes) operations.move(id, column, after);
    }
    if (yes) asked.then?.(ticked);
  };

  const merge = (wish) => {
    const { id, title, attempt_id: attempt } = question.merge;
    setQuestion(null);
    setNews(say.merging(title, columnOf(columns, id)));
    operations.act("merge", id, attempt, wish);
  };

  const hasModifier = (event) => event.ctrlKey || event.metaKey || event.shiftKey;
  const goTo = (path) => {
    // One entry of the history for the panel, whichever cards are looked at in it: closing it is going back.
    const inPanel = inUrl() !== null;
    const state = inPanel ? location.state : { fromBoard: true };
    navigate(withFinding(routeOf(path)), { replace: inPanel, state, preventScrollReset: true });
  };
  const show = (event, path) => {
    event.preventDefault();
    goTo(path);
  };

  // The commands are rendered on their own; what they do with cards is done here.
  const desk = useRef();
  desk.current = {
    entriesOf: (id) => entriesFor(cards[id], shown, !sorted),
    choose: (entry, id) => {
      setMenu(null);
      carryOut(entry, id);
    },
    open: (id, tab) => goTo(`/?card=${id}${tab ? `&tab=${tab}` : ""}`),
    leave: leaveCard,
    showColumn: setCurrent,
  };
  useEffect(() => {
    const does = Object.keys(desk.current).map((name) => [name, (...about) => desk.current[name](...about)]);
    tellBoard({ cards, columns: order, ...Object.fromEntries(does) });
  }, [cards, order, shown, sorted]);
  useEffect(() => () => tellBoard(null), []);

  // Buttons of the cards, of the panel and of toasts, and the links of toasts: these are no part of the board.
  const press = useRef();
  press.current = ({ decision, actOn, attempt, wish }) => {
    if (!asksFirst(decision, actOn)) operations.act(decision, actOn, attempt, wish && JSON.parse(wish));
  };
  useEffect(() => {
    const onPress = (event) => {
      const button = event.target.closest("button[data-act-on]");
      if (button) press.current(button.dataset);
      const link = event.target.closest("a[data-show]");
      if (link && !hasModifier(event)) show(event, link.getAttribute("href"));
    };
    document.addEventListener("click", onPress);
    return () => document.removeEventListener("click", onPress);
  }, [location]);

  // One listener for what the markup of the cards marks as menu button or link, and for the card itself.
  const onClick = (event) => {
    const opener = event.target.closest("[data-menu]");
    if (opener) {
      setMenu(menu?.id === opener.dataset.menu ? null : { id: opener.dataset.menu });
      return;
    }
    const link = event.target.closest("a[data-open]");
    if (link && hasModifier(event)) return;
    const path = link?.getAttribute("href") ?? pathOfCard(event.target);
    if (path) show(event, path);
  };

  const closeMenu = useCallback(() => setMenu(null), []);
  const onBeforeCapture = ({ draggableId: id }) => {
    setMenu(null);
    setFrozen({ id, order: visible, cards });
  };

  const tree = useMemo(
    () =>
      shown.map((column) => {
        const foldable = column.id === FOLDABLE && !phone;
        return (
          <Column
            key={column.id}
            column={column}
            demo={demo}
            cards={known}
            hits={hits}
            savingIds={savingIds}
            store={store}
            render={renderCard}
            empty={hints[column.id]?.replace("{plan}", shown.find(({ id }) => id === "plan")?.title)}
            current={column.id === current}
            folded={foldable && !expanded}
            onToggle={foldable ? () => setExpanded(!expanded) : undefined}
            several={several}
            menu={!phone}
            top={column.id === "backlog" && <QuickAdd column={column.title} onAdd={addCards} onAsk={askForCards} />}
          />
        );
      }),
    [shown, demo, known, hits, savingIds, store, current, expanded, phone, several],
  );

  const openMenu = (event) => {
    const { menu: id } = event.currentTarget.dataset;
    setMenu(menu?.id === id ? null : { id });
  };
  const opened = menu && known[menu.id];
  const openedColumn = menu && columnOfMenu(menu.id, shown);
  return (
    <>
      <FoundLine />
      <Switcher columns={shown} current={current} menu={phone} onChange={setCurrent} onMenu={openMenu} />
      <DragDropContext
        enableDefaultSensors={false}
        sensors={sensors}
        dragHandleUsageInstructions={say.INSTRUCTIONS}
        onBeforeCapture={onBeforeCapture}
        onDragStart={onDragStart}
        onDragUpdate={onDragUpdate}
        onDragEnd={onDragEnd}
      >
        <div
          className="board"
          data-testid="board"
          data-dragging={frozen !== null}
          data-aimed={aim.aimed !== null}
          onClickCapture={selection.click}
          onClick={onClick}
        >
          <Acked value={acked}>
            <Left value={left}>{tree}</Left>
          </Acked>
        </div>
        {frozen && phone && <Targets columns={shown} from={home?.id} aimed={aim.aimed} card={known[frozen.id]} />}
      </DragDropContext>
      <p className="hidden" role="status">
        {news}
      </p>
      {opened && (
        <CardMenu
          id={menu.id}
          entries={entriesFor(opened, shown, !sorted)}
          label={`Actions for ${opened.title}`}
          onChoose={choose}
          onClose={closeMenu}
        />
      )}
      {openedColumn && (
        <CardMenu
          id={menu.id}
          entries={entriesForColumn(openedColumn)}
          label={`Actions for ${openedColumn.title}`}
          onChoose={choose}
          onClose={closeMenu}
        />
      )}
      {picking && <SelectionBar count={picked.length} onAct={actOnPicked} />}
      {createPortal(
        <>
          <MoveDialog
            open={dialog?.kind === "move"}
            count={picked.length}
            columns={columns.filter((column) => column.id !== "errored")}
            onMove={movePicked}
            onClose={() => setDialog(null)}
          />
          <LabelDialog
            open={dialog?.kind === "label"}
            count={picked.length}
            labels={labelsOf(cards, [])}
            onLabel={(label, on) => {
              setDialog(null);
              actOnAll(on ? "label" : "unlabel", picked, { label });
            }}
            onClose={() => setDialog(null)}
          />
          <LimitDialog
            column={dialog?.kind === "limit" ? dialog.column : null}
            onLimit={(id, limit) => {
              setDialog(null);
              operations.act("limit", id, "", { limit });
            }}
            onClose={() => setDialog(null)}
          />
          <Question ask={question?.merge ? null : question} onYes={(ticked) => answer(true, ticked)} onNo={() => answer(false)} />
          <MergeDialog
            card={question?.merge ?? null}
            choice={merges}
            look={look}
            hydrations={hydrations}
            onLook={handlers.onLook}
            onForget={handlers.onForget}
            onMerge={merge}
            onMark={() => answer(true)}
            onClose={() => answer(false)}
          />
        </>,
        // Beside the board, which is inert while a card's panel covers it and has such a button.
        document.querySelector(".page") ?? document.body,
      )}
    </>
  );
}

const inUrl = () => new URLSearchParams(location.search).get("card");

const placeAtEnd = (column, id) => {
  const others = column.ids.filter((other) => other !== id).length;
  return say.placeIn(column, others, others + 1);
};

/** Where a click on the free area of a card leads; undefined on its controls, and after selecting text in it. */
const pathOfCard = (target) => {
  if (target.closest("a, button, input, select, [role=button], [role=menu]")) return undefined;
  const card = target.closest("[data-href]");
  const selection = getSelection();
  if (!selection.isCollapsed && card?.contains(selection.anchorNode)) return undefined;
  return card?.dataset.href;
};
