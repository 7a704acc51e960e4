// What is threshold's own in the page's data, its saved state and its rows.

interface QuestGrid {
  means: number[];
  sds: number[];
  guess: number;
  lapse: number;
}

interface ThresholdTrial extends Trial {
  pack: string;
  width: number;
  height: number;
  level_count: number;
  /** which levels are shown, masked */
  shown: string;
  prior?: number[];
  /** trials of one number are shown at once */
  group?: number;
}

interface ThresholdPage extends PageData {
  grid: QuestGrid;
  flickering: "both" | "one" | "each";
  /** how many stand together */
  pictures: number;
  prior: number[];
}

type Side = "left" | "right" | "none" | "here";
type PairResponse = "left" | "right" | "none" | "both";
type ThresholdResponse = Side | "both";

/** the higher level, the one at the other side (0: the source), and what came of it as an index: none, found, wrong, both */
type Compared = [level: number, other: number, outcome: number];

interface ThresholdState {
  trial: string;
  level: number;
  other: number;
  side: Exclude<Side, "here">;
  started_ms: number;
}

/** One of several pictures, in the order in which they stand. */
interface PictureState {
  trial: string;
  level: number;
  side: "here" | "none";
  selected: boolean;
}

interface PicturesState {
  trial: string;
  pictures: PictureState[];
  started_ms: number;
}

interface ThresholdRow extends Row {
  level: number;
  other: number;
  side: Side;
  response: ThresholdResponse;
  position?: number;
  started_ms: number;
  ended_ms: number;
  timing: { swaps?: number; mean_ms?: number | null; sd_ms?: number | null };
}
