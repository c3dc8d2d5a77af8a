// The board: what is on the screen, and what is done on it brought together. The order shown is the server's plus the
// moves that it has not acknowledged; while a card is dragged the order stands still.
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { useLocation, useNavigate } from "react-router";
import { DragDropContext } from "@hello-pangea/dnd";
import * as say from "./announcements.js";
import { BoardDialogs } from "./board_dialogs.jsx";
import { tellBoard } from "./board_link.js";
import { usePresses } from "./board_presses.js";
import { openedCard, useLeaveCard } from "./card_place.js";
import { Column } from "./column.jsx";
import { keepNames } from "./column_name.jsx";
import { columnOfMenu, entriesForColumn } from "./column_menu.jsx";
import { useDrag } from "./dragging.js";
import { arranged, isNarrowed, labelsOf } from "./finding.js";
import { keepInUrl, tellFacts, useFinding, withFinding } from "./finding_store.js";
import { FoundLine } from "./found.jsx";
import { useKeptFocus } from "./kept_focus.js";
import { useLiveStore } from "./live_store.js";
import { fetchLogView } from "./log_view.jsx";
import { CardMenu, entriesFor, menuButton } from "./menu.jsx";
import { asksFirst, carryOut, carryOutFor } from "./menu_acts.js";
import { useOperations } from "./operations.js";
import { applyMoves } from "./order.js";
import { routeOf } from "./project.js";
import { Acked, Left, QuickAdd } from "./quick_add.jsx";
import { SelectionBar, useSelection } from "./several.jsx";
import { actOnPicked, addCards, askForCards } from "./several_acts.js";
import { Switcher, useCurrentColumn, usePhone } from "./switcher.jsx";
import { Targets } from "./targets.jsx";
import { useUndo } from "./undoing.js";
import { wholeCards } from "./whole_card.js";

const FOLDABLE = "completed";

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

function Board(sent) {
  const { columns, demo, shards, whole, blank, live, acked, saved, left, hints, renderCard } = sent;
  const before = useRef({});
  // The cards that a server has not sent yet that was started anew are those of the one before.
  const cards = useMemo(() => (before.current = { ...(whole ? {} : before.current), ...wholeCards(shards, blank) }), [...shards, whole]);
  const store = useLiveStore(live);
  useEffect(() => keepNames(columns), [columns]);
  const open = useOperations(sent);
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

  const wished = question?.move ? [...operations.moves, question.move] : operations.moves;
  const order = useMemo(() => applyMoves(columns, wished), [columns, operations.moves, question]);
  const { finding, hits } = useFinding();
  const sorted = finding.sort !== "own";
  const visible = useMemo(() => arranged(order, cards, finding, hits), [order, cards, finding, hits]);
  const shown = frozen?.order ?? visible;
  const known = useMemo(() => (frozen ? { ...frozen.cards, ...cards } : cards), [frozen, cards]);
  const { picked, picking, ...selection } = useSelection({ columns: shown, paused: frozen !== null });
  // What acts on the board go by: what is sent; the cards, and those `known` on the screen; the order, and what is `shown`
  // of it, where cards have no place of their own if they are `sorted`; the cards that are `picked`. `ask` takes a
  // question, `open` what a dialog is for, and `tell` words for screen readers.
  const board = {
    ...sent,
    cards,
    known,
    order,
    shown,
    sorted,
    phone,
    picked,
    selection,
    operations,
    leaveCard,
    navigate,
    ask: setQuestion,
    open: setDialog,
    tell: setNews,
  };
  const onBeforeCapture = ({ draggableId: id }) => {
    setMenu(null);
    setFrozen({ id, order: visible, cards });
  };
  const isFolded = (column) => column === FOLDABLE && !expanded && !phone;
  const { home, aimed, drag } = useDrag(board, frozen?.id, () => setFrozen(null), isFolded);
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
  const several = useMemo(
    () => ({ picking, chosen: new Set(picked), toggle: selection.toggle }),
    [picking, picked.join(), selection.toggle],
  );

  const goTo = (path) => {
    // One entry of the history for the panel, whichever cards are looked at in it: closing it is going back.
    const inPanel = openedCard() !== "";
    const state = inPanel ? location.state : { fromBoard: true };
    navigate(withFinding(routeOf(path)), { replace: inPanel, state, preventScrollReset: true });
  };

  // The commands are rendered on their own; what they do with cards is done here.
  const desk = useRef();
  desk.current = {
    entriesOf: (id) => entriesFor(cards[id], shown, !sorted),
    choose: (entry, id) => {
      setMenu(null);
      carryOut(board, entry, id);
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

  const toggleMenu = (id) => setMenu(menu?.id === id ? null : { id });
  const press = ({ decision, actOn, attempt, wish }) => {
    if (!asksFirst(board, decision, actOn)) operations.act(decision, actOn, attempt, wish && JSON.parse(wish));
  };
  const onClick = usePresses(press, goTo, toggleMenu);

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
            folded={isFolded(column.id)}
            onToggle={foldable ? () => setExpanded(!expanded) : undefined}
            several={several}
            menu={!phone}
            top={column.id === "backlog" && <QuickAdd column={column.title} onAdd={(lines) => addCards(board, lines)} onAsk={(lines) => askForCards(board, lines)} />}
          />
        );
      }),
    [shown, demo, known, hits, savingIds, store, current, expanded, phone, several],
  );

  const closeMenu = useCallback(() => setMenu(null), []);
  const openMenu = (event) => toggleMenu(event.currentTarget.dataset.menu);
  const ofColumn = menu && columnOfMenu(menu.id, shown);
  const opened = ofColumn ?? (menu && known[menu.id]);
  const choose = (entry) => {
    const { id } = menu;
    setMenu(null);
    menuButton(id)?.focus();
    if (ofColumn) carryOutFor(board, entry, ofColumn);
    else carryOut(board, entry, id);
  };

  return (
    <>
      <FoundLine />
      <Switcher columns={shown} current={current} menu={phone} onChange={setCurrent} onMenu={openMenu} />
      <DragDropContext
        enableDefaultSensors={false}
        dragHandleUsageInstructions={say.INSTRUCTIONS}
        onBeforeCapture={onBeforeCapture}
        {...drag}
      >
        <div
          className="board"
          data-testid="board"
          data-dragging={frozen !== null}
          data-aimed={aimed !== null}
          onClickCapture={selection.click}
          onClick={onClick}
        >
          <Acked value={acked}>
            <Left value={left}>{tree}</Left>
          </Acked>
        </div>
        {frozen && phone && <Targets columns={shown} from={home?.id} aimed={aimed} card={known[frozen.id]} />}
      </DragDropContext>
      <p className="hidden" role="status">
        {news}
      </p>
      {opened && (
        <CardMenu
          id={menu.id}
          entries={ofColumn ? entriesForColumn(ofColumn) : entriesFor(opened, shown, !sorted)}
          label={`Actions for ${opened.title}`}
          onChoose={choose}
          onClose={closeMenu}
        />
      )}
      {picking && <SelectionBar count={picked.length} onAct={(act) => actOnPicked(board, act)} />}
      <BoardDialogs board={board} question={question} dialog={dialog} />
    </>
  );
}
