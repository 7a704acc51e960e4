// What is pjnd's own in the page's data, its saved state and its rows.

interface PjndQuestion {
  /** the accepted levels, both ends included */
  level: [number, number];
  points: [number, number][];
  radius_px: number;
  matches: number;
}

interface PjndTrial extends Trial {
  pack: string;
  width: number;
  height: number;
  level_count: number;
  /** which levels are shown, masked */
  shown: string;
  /** training only */
  question?: PjndQuestion;
}

interface PjndPage extends PageData {
  locations: number;
  /** a share of the picture's width */
  places_apart?: number;
  display: DisplayData & { slider_start: 0 | "random"; show_level: boolean };
}

type Trace = [ms: number, level: number][];

interface PjndState {
  trial: string;
  attempt: number;
  max_shown: boolean;
  phase: "adjust" | "locate" | "coach";
  level: number;
  points: [number, number][];
  coach: "" | "level" | "places";
  none: boolean;
  started_ms: number;
  slider_start: number;
  trace: Trace;
}

interface PjndRow extends Row {
  level: number | null;
  none_seen: boolean;
  points: [number, number][];
  started_ms: number;
  ended_ms: number;
  slider_start: number;
  trace: Trace;
  timing: { swaps?: number; mean_ms?: number | null; sd_ms?: number | null };
}
