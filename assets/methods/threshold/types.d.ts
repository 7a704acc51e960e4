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
  prior: number[];
}

type Side = "left" | "right" | "none";

interface ThresholdState {
  trial: string;
  level: number;
  side: Side;
  started_ms: number;
}

interface ThresholdRow extends Row {
  level: number;
  side: Side;
  response: Side;
  started_ms: number;
  ended_ms: number;
  timing: { swaps?: number; mean_ms?: number | null; sd_ms?: number | null };
}
