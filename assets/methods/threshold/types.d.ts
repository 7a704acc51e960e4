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
}

interface ThresholdPage extends PageData {
  grid: QuestGrid;
  flickering: "both" | "one";
  prior: number[];
}

type Side = "left" | "right" | "none";
type ThresholdResponse = Side | "both";

/** the higher level, the one at the other side (0: the source), and what came of it as an index: none, found, wrong, both */
type Compared = [level: number, other: number, outcome: number];

interface ThresholdState {
  trial: string;
  level: number;
  other: number;
  side: Side;
  started_ms: number;
}

interface ThresholdRow extends Row {
  level: number;
  other: number;
  side: Side;
  response: ThresholdResponse;
  started_ms: number;
  ended_ms: number;
  timing: { swaps?: number; mean_ms?: number | null; sd_ms?: number | null };
}
