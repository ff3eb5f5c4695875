// What `evidence_file.py` passes to the script, and the data of an evidence file (docs/reference/evidence-file.md).

/** Texts in the language of the page, by their keys in `evidence_check.py`. */
declare const WORDS: Record<string, string>;

interface Finding {
  subject: string;
  ok: boolean;
  detail: string;
}

interface Figure {
  a: string;
  b: string;
  raters: string;
  part: string;
  prompts: number;
  judgments: number;
  wins_a: number;
  wins_b: number;
  ties: number;
  both_bad: number;
  rate: number;
  low: number | null;
  high: number | null;
}

interface EvidenceRater {
  id: number;
  name: string;
  kind: string;
  jury: boolean;
  events: [string, string, string?][];
}

interface EvidenceData {
  study: Record<string, string | number | boolean>;
  systems: { id: number; name: string; weights: string }[];
  prompts: [number, string, string, string, string, string][];
  answers: [number, number, number, number, string, string][];
  pairs: [number, string, number, number][];
  identical?: [number, number, number, number][];
  raters: EvidenceRater[];
  draws: [number, number, string, string][];
  runs: [number, string][];
  audit: [string, string][];
  plan: [number, string, string][];
  figures: Figure[];
  lists: Record<string, string>;
  report: [string, string];
  page: string;
}
