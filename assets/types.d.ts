// Types of the page's modules, for `tsc --checkJs`; nothing of this goes into a page.

/** What the page's data say of a trial; all but its opaque id is the method's. */
interface Trial {
  trial: string;
}

interface DisplayData {
  scaling: "physical" | "pixels";
  width_cm: number;
  distance_cm: number;
  swaps_per_second: number;
  schedule: "nominal" | "frame-locked";
  refuse_slow_display: boolean;
}

interface SurveyQuestion {
  name: string;
  kind: "choice" | "number" | "scale" | "text";
  required: boolean;
}

type Results =
  | { kind: "form" }
  | { kind: "collector"; url: string }
  | { kind: "s3"; policy_url: string; post_url: string; prefix: string }
  | { kind: "frame"; origins: string[] };

/** The page's data (`#hit-page`). */
interface PageData {
  language: string;
  /** the other languages of the page, each with its words */
  languages?: { language: string; consent_sha256: string; texts: Record<string, string> }[];
  schema: number;
  batch: string;
  page: string;
  kind: string;
  method: string;
  packs: "inline" | "linked";
  pack_base: string;
  training: Trial[];
  study: Trial[];
  display: DisplayData;
  consent_sha256: string;
  survey: SurveyQuestion[];
  checks?: CheckData[];
  submit_origins: string[];
  results: Results;
  /** a pattern of the assignments that there are for this page; empty: any */
  places: string;
  completion_url?: string;
  leaving_url?: string;
  training_tries?: number;
  texts: Record<string, string>;
}

type ScreenName = keyof typeof import("./contract.json")["screens"] | `check-${string}`;

/** A check of eyes or screens, with what its kind shows. */
interface CheckData {
  kind: string;
  /** changes with whatever is shown */
  id: string;
  screen?: ScreenName;
}

/** One check at work. */
interface Check {
  /** Begins anew; `over` is called once, when all is answered. */
  begin?(over: () => void): void;
  end?(): void;
  /** The visit has begun: looks all the way at what may change. */
  watch?(): void;
  /** What stands against going on, in words. */
  against?(): string | null;
}

interface CheckTools {
  page: PageData;
  data: CheckData;
  /** its screen, where it has one */
  root: HTMLElement;
  window: Window & typeof globalThis;
  words: Words;
  part: Find;
  later: Later;
  random(): number;
  elapsed(): number;
  cssPxPerCm(): number | null;
  /** what it kept before a reload */
  kept: unknown;
  keep(result: unknown): void;
  /** whether the screen is measured, or the first trial begun */
  settled(): boolean;
  onMove(): void;
}

/** What a check's script exports as `check`. */
type CheckKind = (tools: CheckTools) => Check;

interface Checks {
  screens: Partial<Record<ScreenName, { enter: () => void; leave: () => boolean }>>;
  pause(): void;
  watch(): void;
  against(): string | null;
}

type CheckModules = typeof import("./checks/run.js") & { kinds: Record<string, CheckKind> };

interface Environment {
  mode: "work" | "preview" | "offline";
  assignment: string;
  worker: string;
  hit: string;
  /** languages that the address names */
  asked: string[];
  /** null where the address asks for one that the page does not know */
  submitTo: string | null;
}

/** One attempt at one trial; all else in it is the method's. */
interface Row {
  trial: string;
  attempt: number;
}

interface Calibration {
  card_width_css_px: number;
  css_px_per_cm: number;
  device_pixel_ratio: number;
  /** false where the card's frame was left as it stood */
  adjusted?: boolean;
}

interface Outbox {
  text?: string;
  name: string;
  delivered: boolean;
}

interface DisplayNow {
  device_pixel_ratio: number;
  viewport: [number, number];
  screen: [number, number];
}

/** What is kept across a reload. */
interface VisitState {
  content: string;
  opened_at: number;
  opened_ratio: number;
  /** the pixel ratio that trials are held to: at the calibration, or where there is none at the first trial */
  reference_ratio?: number;
  elapsed_ms: number;
  /** by the wall clock, at the last save */
  saved_at: number;
  /** between visits, as the wall clock tells it */
  away_ms: number;
  screen: ScreenName;
  /** as the participant chose it, who may do so until consent is given */
  language?: string;
  consent: { sha256: string; language: string; at: string } | null;
  calibration: Calibration | null;
  order: string[];
  finished: string[];
  rows: Row[];
  /** the method's own, of the trial at hand */
  active: { trial: string } | null;
  survey: Record<string, string | number | null>;
  /** what each check recorded, by kind */
  checks?: Record<string, unknown>;
  display_changes: (DisplayNow & { ms: number })[];
  refresh_changes: { ms: number; refresh_hz: number }[];
  withdrawn_from: ScreenName | null;
  /** was wrong in training as often as the page lets anybody be */
  failed: boolean;
  outbox: Outbox | null;
}

interface Size {
  css_width: number;
  css_height: number;
}

/** Device pixels, CSS pixels, and device pixels per source pixel. */
interface ShownSize extends Size {
  width: number;
  height: number;
  scale: number;
}

interface Clock {
  raf(tick: (t: number) => void): number;
  cancel(request: number): void;
  now(): number;
}

/** Newer than the library's types; older browsers lack it. */
interface Uint8ArrayConstructor {
  fromBase64?(text: string): Uint8Array<ArrayBuffer>;
}

type Later = (act: () => void, ms: number) => void;
type Words = (key: string, values?: Record<string, unknown>) => string;
/** An element by its name; a layout that lacks it is refused at build. */
type Find = <E extends Element = HTMLElement>(name: string) => E;

/** When pictures swap: even phases show one, odd phases the other. */
interface Schedule {
  readonly periodMs: number;
  start(t: number): void;
  setFrameMs(ms: number): void;
  dueOf(swap: number): number;
  indexAt(t: number): number;
}

interface CarriedFrame {
  type: string;
  bytes: Uint8Array<ArrayBuffer> | Blob;
}

/** A frame that the page makes of its pack's source. */
interface MadeFrame {
  codec: "jpeg";
  subsampling: "4:4:4" | "4:2:2" | "4:2:0";
  quality: number;
}

type Frame = CarriedFrame | MadeFrame;

/** Which of a ladder's levels are shown: by level, around the places (in source pixels) and within each of them. */
interface View {
  outside: number[];
  inside: number[][];
  places: [number, number][];
  reach: number;
}

/** A frame with another one in each of some places; `width` of the source, in whose pixels they are told. */
interface ComposedFrame {
  outside: Frame;
  inside: Frame[];
  places: [number, number][];
  reach: number;
  width: number;
}

type ShownFrame = Frame | ComposedFrame;

/** A pack as a trial shows it. */
interface ShownPack extends Omit<Pack, "frames"> {
  frames: ShownFrame[];
}

/** Where a decoder has its bitmaps from, if not from the browser's own decoding. */
interface Bitmaps<F = Frame> {
  createBitmap?(frame: F, target: { width: number; height: number } | null, signal: AbortSignal): Promise<ImageBitmap>;
  /** nothing more is wanted */
  onClose?(): void;
  budgetBytes?: number;
  leastFrames?: number;
}

interface Pack {
  width: number;
  height: number;
  /** the number of the frame shown at each level */
  levels: number[];
  frames: Frame[];
}

/** What the frame gives to a method. */
interface Tools {
  page: PageData;
  words: Words;
  slot: Find;
  part: Find;
  window: Window & typeof globalThis;
  clock: Clock;
  later: Later;
  random(): number;
  /** milliseconds since the page was first opened */
  elapsed(): number;
  /** how many trials are over */
  worked(): number;
  cssPxPerCm(): number | null;
  /** keeps the trial's state for a reload */
  save(active: { trial: string } | null): void;
  /** the same within a moment, for what changes fast */
  saveSoon(active: { trial: string } | null): void;
  /** takes one attempt's row */
  record(row: Row): void;
  /** Asked before another try at a training trial; false: the visit has ended. */
  mayTryAgain(trial: string): boolean;
  /** what was answered so far, also before a reload */
  rows(): Row[];
  onSize(size: { scale: number }): void;
  /** where the bitmaps of a pack come from, for a decoder's options */
  bitmaps(pack: Pack): Bitmaps;
  /** a picture cannot be shown; the method tries again */
  onTrouble(): void;
}

/** One trial after another, as the frame drives them. */
interface Task {
  /** Work one trial, or those that are shown at once with it; `saved` is its state from before a reload. Resolves when it is over. */
  run(trial: Trial, packs: Pack[], saved: { trial: string } | null): Promise<void>;
  /** The next trial is known and its packs are there: what it shows first may be decoded ahead. */
  prepare?(trial: Trial, packs: Pack[]): void;
  /** The window, its zoom or its screen changed. */
  refit(): void;
  /** The worker stops what flickers. */
  stop(): void;
  /** The page is blocked or left: nothing runs until `resume`. */
  pause(): void;
  resume(): void;
  hide(): void;
  reveal(): void;
  setFrameMs(ms: number): void;
}

interface Example {
  still(): void;
  start(): void;
  stop(): void;
  setFrameMs(ms: number): void;
}

/** What a method's `method.js` exports as `method`. */
interface Method {
  packs(trial: Trial): string[];
  /** What a trial takes on the screen. */
  room(trial: Trial, display: DisplayData, cssPxPerCm: number | null, ratio: number, page: PageData): Size;
  createTask(tools: Tools): Task;
  createExample(tools: Tools): Example;
  /** Columns of the CSV, after batch, page, trial and attempt. */
  columns: Record<string, (row: any) => unknown>;
  /** Ever smaller rows, for a submission that is too large; `isLast` tells a trial's last attempt. */
  reductions(rows: Row[], isLast: (row: Row) => boolean): Iterable<Row[]>;
  /** Whether an attempt was shown at the rate that was asked for, by its own frames. */
  held?(row: Row, swapMs: number): boolean;
  /** The trials that are shown at once with one, this one among them, always in the same order; usually it stands alone. */
  together?(page: PageData, trial: Trial): Trial[];
  /** Which trial comes next, for methods that adapt; null while its packs have not arrived. */
  next?(page: PageData, state: VisitState, arrived: (trial: Trial) => boolean, random: () => number): Trial | null;
}
