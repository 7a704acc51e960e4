BEGIN TRANSACTION;
CREATE TABLE actions (
  action TEXT PRIMARY KEY, worker TEXT NOT NULL, token TEXT NOT NULL UNIQUE, detail TEXT NOT NULL,
  intended_at TEXT NOT NULL, done_at TEXT, outcome TEXT NOT NULL DEFAULT ''
) STRICT;
INSERT INTO "actions" VALUES('approve:ASG0','A0','83add732ad4c6b6bee1aecda6ebf9f55','{"words": "well done: twice"}','2026-03-01T12:00:00+00:00','2026-03-01T12:00:00+00:00','Approved');
INSERT INTO "actions" VALUES('reject:ASG1','A1','b37d832668f6a8b1508fd82eed7b557e','{"words": "too quick"}','2026-03-01T12:00:00+00:00','2026-03-01T12:00:00+00:00','Rejected');
INSERT INTO "actions" VALUES('bonus:training:ASG0','A0','bad2b18f0dc246ad3976c0e87353e926','{"amount_usd": "0.50", "reason": "thanks", "cost_usd": "0.60"}','2026-03-01T12:00:00+00:00','2026-03-01T12:00:00+00:00','paid');
INSERT INTO "actions" VALUES('bonus:completion:ASG0','A0','c401ef5f9da1d82309d47602e1087a9e','{"amount_usd": "1.00", "reason": "thanks", "cost_usd": "1.20"}','2026-03-01T12:00:00+00:00',NULL,'');
INSERT INTO "actions" VALUES('seen:group1:A0','A0','19f3b8020ba3fced3a503cad45637a0c','{}','2026-03-01T12:00:00+00:00','2026-03-01T12:00:00+00:00','granted');
INSERT INTO "actions" VALUES('done:A0','A0','68fa0f6e9d81cc81ff62ea02e5e960ee','{}','2026-03-01T12:00:00+00:00',NULL,'');
INSERT INTO "actions" VALUES('admit:A0','A0','cdd8c7a8feead1c30e05786ace4d9827','{}','2026-03-01T12:00:00+00:00','2026-03-01T12:00:00+00:00','granted');
INSERT INTO "actions" VALUES('exclude:A1','A1','5dbffbc7e3f8a6b2cadff42ecbc821d6','{}','2026-03-01T12:00:00+00:00','2026-03-01T12:00:00+00:00','granted');
INSERT INTO "actions" VALUES('notify:shut_out:A1','A1','85d47612f6a1a33634459d4a2f93ca30','{"subject": "About the study"}','2026-03-01T12:00:00+00:00',NULL,'');
CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
INSERT INTO "facts" VALUES('ledger','55f65c9bdc11f46e');
INSERT INTO "facts" VALUES('account','["https://a", "111", "sandbox"]');
INSERT INTO "facts" VALUES('forgotten_bonuses_usd','0.30');
CREATE TABLE forgotten (worker_digest TEXT PRIMARY KEY) STRICT;
INSERT INTO "forgotten" VALUES('fa640bb0a956278b95a4b72145d7abd282495fa2f7914ab84c5502f474b1d402');
CREATE TABLE hits (
  hit TEXT PRIMARY KEY, page TEXT NOT NULL, page_sha256 TEXT NOT NULL, replaces TEXT UNIQUE REFERENCES hits,
  attempt INTEGER NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('intended', 'refused', 'created', 'ended', 'deleted')),
  "order" TEXT NOT NULL, annotation TEXT NOT NULL UNIQUE, token TEXT NOT NULL UNIQUE,
  assignments INTEGER NOT NULL, reward_usd TEXT NOT NULL, cost_usd TEXT NOT NULL,
  intended_at TEXT NOT NULL, outcome TEXT NOT NULL DEFAULT '',
  hit_id TEXT UNIQUE, created_at TEXT, expires_at TEXT,
  available INTEGER, pending INTEGER, completed INTEGER, seen_at TEXT,
  forgotten INTEGER NOT NULL DEFAULT 0
) STRICT;
INSERT INTO "hits" VALUES('p0001.1','p0001','ssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssss',NULL,1,'created','{"hit": "p0001.1", "page": "p0001", "kind": "study", "url": "https://e.org/a", "assignments": 5, "reward_usd": "1.20", "annotation": "hitgen 55f65c9bdc11f46e demo p0001.1", "unseen": ["g"], "needs_admission": true}','hitgen 55f65c9bdc11f46e demo p0001.1','40b852de73cce9acd7578b47b3e3afd4',5,'1.20','7.20','2026-03-01T12:00:00+00:00','','HIT1','2026-03-01T12:00:00+00:00','2026-03-08T12:00:00+00:00',1,0,0,NULL,1);
CREATE TABLE kept (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
CREATE TABLE objects (key TEXT PRIMARY KEY, verified_at TEXT NOT NULL) STRICT;
CREATE TABLE submissions (
  assignment TEXT PRIMARY KEY, hit TEXT NOT NULL REFERENCES hits, page TEXT NOT NULL, worker TEXT NOT NULL,
  status TEXT NOT NULL, accepted_at TEXT NOT NULL, submitted_at TEXT NOT NULL, auto_approval_at TEXT,
  answer TEXT NOT NULL, fetched_at TEXT NOT NULL
) STRICT;
INSERT INTO "submissions" VALUES('ASG0','p0001.1','p0001','A0','Approved','2026-03-01T12:00:00+00:00','2026-03-01T12:00:00+00:00',NULL,'<a/>','2026-03-01T12:00:00+00:00');
INSERT INTO "submissions" VALUES('ASG1','p0001.1','p0001','A1','Rejected','2026-03-01T12:00:00+00:00','2026-03-01T12:00:00+00:00',NULL,'<a/>','2026-03-01T12:00:00+00:00');
INSERT INTO "submissions" VALUES('ASG2','p0001.1','p0001','A2','Submitted','2026-03-01T12:00:00+00:00','2026-03-01T12:00:00+00:00',NULL,'<a/>','2026-03-01T12:00:00+00:00');
CREATE INDEX submissions_by_hit ON submissions (hit);
COMMIT;
PRAGMA user_version = 1;
