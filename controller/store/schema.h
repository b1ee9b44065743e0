// The tables of the cache. A change of anything here is a new number in the file name (cache_file.cc).
#pragma once

namespace tinyforge {

// No secondary indexes: a quick check at opening then covers everything that a query relies on.
inline constexpr const char* kCacheSchema = R"sql(
-- What the config repository says, one row an object. Writer: CommitRevision.
CREATE TABLE objects(
  kind        TEXT NOT NULL,     -- as in manifests: Workload, Trigger, …
  name        TEXT NOT NULL,
  meta        TEXT NOT NULL,     -- JSON: name, labels, annotations
  path        TEXT NOT NULL,     -- of the document, relative to the repository
  line        INTEGER NOT NULL,
  col         INTEGER NOT NULL,
  spec_hash   TEXT NOT NULL,
  spec        TEXT NOT NULL,     -- canonical JSON; a secret's value is never in it
  generation  INTEGER NOT NULL,  -- 1 for a new object; moves when spec_hash does
  revision    TEXT NOT NULL,     -- commit of the last change
  PRIMARY KEY(kind, name)
) STRICT, WITHOUT ROWID;

-- What was found and done, apart from the spec so that a new status rewrites little. Writer: UpdateStatus.
CREATE TABLE statuses(
  kind   TEXT NOT NULL,
  name   TEXT NOT NULL,
  status TEXT NOT NULL,          -- JSON
  PRIMARY KEY(kind, name)
) STRICT, WITHOUT ROWID;

-- The state of the config repository, at most one row. Writer: SetRepository.
CREATE TABLE repository(
  only   INTEGER PRIMARY KEY CHECK(only = 1),
  status TEXT NOT NULL           -- JSON
) STRICT;

-- History. Equal consecutive events of one object are one row with a count. Writer: AddEvents.
CREATE TABLE events(
  seq     INTEGER PRIMARY KEY,   -- order of arrival of the newest of them
  time    INTEGER NOT NULL,      -- of the newest, milliseconds since 1970
  warning INTEGER NOT NULL,      -- 0 Normal, 1 Warning
  object  TEXT NOT NULL,
  reason  TEXT NOT NULL,
  message TEXT NOT NULL,
  count   INTEGER NOT NULL
) STRICT;

-- Containers of this host as last listed, and those that vanished lately. Writer: ReplaceContainers.
CREATE TABLE containers(
  id       TEXT NOT NULL PRIMARY KEY,
  name     TEXT NOT NULL,
  workload TEXT NOT NULL,
  kind     TEXT NOT NULL,        -- of the source
  image    TEXT NOT NULL,
  state    TEXT NOT NULL,        -- the Engine's word, or missing
  relation TEXT NOT NULL,        -- owned, orphan, foreign
  replica  INTEGER NOT NULL,
  created  INTEGER NOT NULL,     -- milliseconds since 1970
  missing  INTEGER NOT NULL      -- when it was found gone, milliseconds since 1970; 0: it is there
) STRICT, WITHOUT ROWID;

-- History: rollouts and repairs. Writer: PutRollout.
CREATE TABLE rollouts(
  workload TEXT NOT NULL,
  id       INTEGER NOT NULL,     -- counts up in a workload
  started  INTEGER NOT NULL,     -- milliseconds since 1970
  rollout  TEXT NOT NULL,        -- JSON
  PRIMARY KEY(workload, id)
) STRICT, WITHOUT ROWID;

-- History: calls of triggers and what came of them. Writer: PutDeliveries.
CREATE TABLE deliveries(
  id           TEXT NOT NULL PRIMARY KEY,  -- in the order in which they came
  trigger_name TEXT NOT NULL,
  ignored      INTEGER NOT NULL,           -- 1: it says nothing to anybody here
  received     INTEGER NOT NULL,           -- milliseconds since 1970
  delivery     TEXT NOT NULL               -- JSON
) STRICT, WITHOUT ROWID;

-- How many deliveries there are of both sorts, so that to prune them costs what is pruned.
CREATE TABLE delivery_count(
  ignored INTEGER PRIMARY KEY CHECK(ignored IN (0, 1)),
  number  INTEGER NOT NULL
) STRICT;
INSERT INTO delivery_count VALUES(0, 0), (1, 0);
)sql";

}  // namespace tinyforge
