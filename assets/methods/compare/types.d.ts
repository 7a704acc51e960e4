// What is compare's own in the page's data, its saved state and its rows.

interface CompareTrial extends Trial {
  /** of the pivot */
  pack: string;
  left: string;
  right: string;
  width: number;
  height: number;
  arm: "boosted" | "plain";
  block: number;
  /** training only: the side that differs more */
  answer?: "left" | "right";
}

interface ComparePage extends PageData {
  training: CompareTrial[];
  study: CompareTrial[];
  flickers: boolean;
  shown_s: number;
  blank_s: number;
  limit_s: number;
  toggles_per_second: number;
  pause: boolean;
}

type CompareResponse = "left" | "right" | "notsure" | "skip";

interface CompareState {
  trial: string;
  attempt: number;
  /** how often this attempt was begun: a reload, a stop or a hidden page begins it again */
  begun: number;
  phase: "compare" | "coach" | "pause";
  /** of the attempt, in training */
  right: boolean;
  /** the break was offered */
  rested: boolean;
}

interface CompareRow extends Row {
  response: CompareResponse;
  response_time_ms: number;
  toggles: number | null;
  begun: number;
  started_ms: number;
  ended_ms: number;
  timing: Partial<ReturnType<ReturnType<typeof import("../../instrument/timing.js").createTiming>["snapshot"]>>;
}

interface ComparePictures {
  pivot: ImageBitmap;
  left: ImageBitmap;
  right: ImageBitmap;
}
