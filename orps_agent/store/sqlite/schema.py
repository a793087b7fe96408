"""Define the schema as an append-only list of small named steps; a database stores the names of the steps applied.

Never edit a step that has been released: add one. Times are Unix seconds; JSON columns hold the pydantic models of
the same name.
"""

from __future__ import annotations

MIGRATIONS: list[tuple[str, str]] = [
    (
        "searches",
        """
        CREATE TABLE searches (
            id TEXT PRIMARY KEY,
            created_at REAL NOT NULL,
            finished_at REAL,
            status TEXT NOT NULL,          -- running, interrupted, finished
            reason TEXT,                   -- why it ended
            problem TEXT NOT NULL,         -- JSON: Problem
            config TEXT NOT NULL,          -- JSON: SearchConfig
            programmer TEXT NOT NULL,      -- the models, as the user named them
            critic TEXT NOT NULL,
            winner TEXT,                   -- candidates.id
            verification TEXT,             -- JSON: ExecutionReport of the winner on the held-back tests
            owner_pid INTEGER,             -- who works on it now, and until when that is believed
            owner_host TEXT,
            lease_until REAL
        )
        """,
    ),
    (
        "candidates",
        """
        CREATE TABLE candidates (
            search TEXT NOT NULL REFERENCES searches(id) ON DELETE CASCADE,
            id TEXT NOT NULL,              -- the path from the root: 3.0.12
            round INTEGER NOT NULL,
            hint TEXT NOT NULL,
            status TEXT NOT NULL,          -- running, open, closed, pruned, failed
            reasoning TEXT,                -- R
            code TEXT,                     -- C
            report TEXT,                   -- F, JSON: ExecutionReport
            analysis TEXT,                 -- JSON: StaticAnalysis or NotAnalysable
            outcome TEXT,                  -- ω with its parts, JSON: OutcomeReward
            critique TEXT,                 -- K
            process INTEGER,               -- ρ, 1 to 5
            error TEXT,
            PRIMARY KEY (search, id)
        ) WITHOUT ROWID
        """,
    ),
    (
        "effects",
        """
        CREATE TABLE effects (
            search TEXT NOT NULL REFERENCES searches(id) ON DELETE CASCADE,
            candidate TEXT NOT NULL,
            stage TEXT NOT NULL,           -- reason, code, execute, profile, critique, judge
            attempt INTEGER NOT NULL,      -- 0, or 1 for a repair turn
            kind TEXT NOT NULL,            -- model, execution
            tries INTEGER NOT NULL,        -- how often it was begun; above 1 it was possibly paid for twice
            started_at REAL NOT NULL,
            finished_at REAL,
            request TEXT,                  -- model calls, JSON: parameters, and messages as [role, texts.hash]
            result TEXT,                   -- JSON; null while only intended
            PRIMARY KEY (search, candidate, stage, attempt)
        ) WITHOUT ROWID
        """,
    ),
    (
        "texts",
        """
        CREATE TABLE texts (
            hash TEXT PRIMARY KEY,         -- SHA-256 of the text, shortened to 128 bits
            text TEXT NOT NULL
        ) WITHOUT ROWID
        """,
    ),
    (
        "model calls, readable",
        """
        CREATE VIEW model_calls AS SELECT
            search, candidate, stage, attempt, tries, started_at, finished_at - started_at AS seconds,
            json_extract(result, '$.model') AS model, json_extract(result, '$.prompt_tokens') AS prompt_tokens,
            json_extract(result, '$.completion_tokens') AS completion_tokens,
            json_extract(result, '$.finish') AS finish,
            json_extract(result, '$.text') AS reply
        FROM effects WHERE kind = 'model'
        """,
    ),
    ("searches: the winner's speed against the first sample's", "ALTER TABLE searches ADD COLUMN comparison TEXT"),
    (
        "model calls, try by try",
        """
        DROP VIEW model_calls;
        CREATE TABLE model_calls (
            search TEXT NOT NULL REFERENCES searches(id) ON DELETE CASCADE,
            candidate TEXT NOT NULL,
            stage TEXT NOT NULL,           -- reason, code, critique
            attempt INTEGER NOT NULL,      -- 0, or 1 for a repair turn
            try INTEGER NOT NULL,          -- above 1, an earlier try failed or was cut off
            role TEXT NOT NULL,            -- programmer, critic
            model TEXT NOT NULL,
            status TEXT NOT NULL,          -- asked (and nobody knows what became of it), answered, failed
            started_at REAL NOT NULL,
            seconds REAL,                  -- the successful request alone
            waited REAL,                   -- for a free slot, between retries, because the endpoint asked for it
            requests INTEGER,              -- HTTP requests that it took
            prompt_tokens INTEGER,
            completion_tokens INTEGER,
            cost REAL,                     -- USD; null when the price or the tokens are not known
            finish TEXT,                   -- stop, length (cut off), other
            prompt_hash TEXT NOT NULL,
            parameters TEXT NOT NULL,      -- JSON: temperature, max_tokens, seed
            messages TEXT NOT NULL,        -- JSON: [role, prompt_texts.hash] each
            reply TEXT,                    -- JSON, in pieces: a text, or the candidate's column that repeats it
            thinking TEXT,                 -- likewise: what a reasoning model sent beside the reply
            error TEXT,
            PRIMARY KEY (search, candidate, stage, attempt, try)
        );
        INSERT INTO model_calls
            SELECT search, candidate, stage, attempt, tries,
                json_extract(request, '$.role'), json_extract(request, '$.model'),
                iif(result IS NULL, 'asked', 'answered'), started_at, json_extract(result, '$.seconds'), NULL, NULL,
                json_extract(result, '$.prompt_tokens'), json_extract(result, '$.completion_tokens'), NULL,
                iif(result IS NULL, NULL, ifnull(json_extract(result, '$.finish'), 'stop')),
                '', json_remove(request, '$.messages', '$.role', '$.model'), json_extract(request, '$.messages'),
                iif(result IS NULL, NULL, json_array(json_extract(result, '$.text'))),
                iif(json_extract(result, '$.reasoning') IS NULL, NULL,
                    json_array(json_extract(result, '$.reasoning'))),
                NULL
            FROM effects WHERE kind = 'model';
        """,
    ),
    (
        "executions, try by try",
        """
        CREATE TABLE executions (
            search TEXT NOT NULL REFERENCES searches(id) ON DELETE CASCADE,
            candidate TEXT NOT NULL,
            stage TEXT NOT NULL,           -- execute, profile, judge (held-back tests), contest (race for speed)
            attempt INTEGER NOT NULL,
            try INTEGER NOT NULL,
            status TEXT NOT NULL,          -- asked (and nobody knows what became of it), answered, failed
            started_at REAL NOT NULL,
            seconds REAL,
            result TEXT,                   -- JSON, until the candidate's or the search's row tells it
            error TEXT,
            PRIMARY KEY (search, candidate, stage, attempt, try)
        ) WITHOUT ROWID;
        INSERT INTO executions
            SELECT search, candidate, stage, attempt, tries, iif(result IS NULL, 'asked', 'answered'), started_at,
                finished_at - started_at, result, NULL
            FROM effects WHERE kind = 'execution';
        """,
    ),
    (
        "prompt texts, by search",
        """
        CREATE TABLE prompt_texts (
            search TEXT NOT NULL REFERENCES searches(id) ON DELETE CASCADE,
            hash TEXT NOT NULL,            -- SHA-256 of the whole text, shortened to 128 bits
            text TEXT NOT NULL,            -- JSON, in pieces: a text, {"text": hash}, {"candidate": id, "column": name}
            PRIMARY KEY (search, hash)
        );
        INSERT INTO prompt_texts
            SELECT DISTINCT search, hash, json_array(text)
            FROM effects, json_each(effects.request, '$.messages') AS message
                JOIN texts ON texts.hash = json_extract(message.value, '$[1]');
        DROP TABLE texts;
        DROP TABLE effects;
        """,
    ),
    (
        "candidates: one column for each thing that a stage learns",
        """
        ALTER TABLE candidates RENAME TO old_candidates;
        CREATE TABLE candidates (
            search TEXT NOT NULL REFERENCES searches(id) ON DELETE CASCADE,
            id TEXT NOT NULL,              -- the path from the root: 3.0.12
            round INTEGER NOT NULL,
            hint TEXT NOT NULL,            -- the strategy that the programmer was asked to follow
            status TEXT NOT NULL,          -- running, open, closed, pruned, failed
            passed INTEGER,                -- of the visible tests, so many were passed
            tests INTEGER,
            omega REAL,                    -- ω, the outcome reward
            process INTEGER,               -- ρ, the process reward, 1 to 5
            flags TEXT,                    -- JSON: [TamperFlag]; before the long columns, which take time to skip
            reasoning TEXT,                -- R
            code TEXT,                     -- C
            report TEXT,                   -- F, JSON: ExecutionReport
            metrics TEXT,                  -- JSON: what the tests cost, in the report's order, a list a metric
            analysis TEXT,                 -- JSON: StaticAnalysis or NotAnalysable
            critique TEXT,                 -- K
            error TEXT,
            PRIMARY KEY (search, id)
        );
        INSERT INTO candidates
            SELECT search, id, round, hint, status,
                (SELECT count(*) FROM json_each(report, '$.results') AS each
                    WHERE json_extract(each.value, '$.verdict') = 'pass' AND report IS NOT NULL),
                json_array_length(report, '$.results'), json_extract(outcome, '$.value'), process, NULL,
                reasoning, code, report, NULL, analysis, critique, error
            FROM old_candidates;
        DROP TABLE old_candidates;
        """,
    ),
    (
        "events",
        """
        CREATE TABLE events (
            id INTEGER PRIMARY KEY,        -- in the order in which things happened
            search TEXT NOT NULL REFERENCES searches(id) ON DELETE CASCADE,
            at REAL NOT NULL,
            kind TEXT NOT NULL,            -- search_started, round_started, candidate_executed, ...
            told TEXT NOT NULL             -- JSON: what else the event says
        );
        CREATE INDEX events_by_search ON events (search, id);
        """,
    ),
    (
        "searches: forks and cancellation",
        """
        ALTER TABLE searches ADD COLUMN forked_from TEXT;      -- searches.id; it may have been deleted since
        ALTER TABLE searches ADD COLUMN forked_at TEXT;        -- candidates.id, the same in both searches
        ALTER TABLE searches ADD COLUMN start TEXT;            -- JSON: the strategy's state that it began with
        ALTER TABLE searches ADD COLUMN cancel_requested_at REAL;
        """,
    ),
    (
        "candidates: what a winner is chosen by, in front of the long columns",
        """
        ALTER TABLE candidates RENAME TO old_candidates;
        CREATE TABLE candidates (
            search TEXT NOT NULL REFERENCES searches(id) ON DELETE CASCADE,
            id TEXT NOT NULL,              -- the path from the root: 3.0.12
            round INTEGER NOT NULL,
            hint TEXT NOT NULL,            -- the strategy that the programmer was asked to follow
            status TEXT NOT NULL,          -- running, open, closed, pruned, failed, halted
            written INTEGER,               -- whether the reply held a solution
            passed INTEGER,                -- of the visible tests, so many were passed
            tests INTEGER,
            omega REAL,                    -- ω, the outcome reward
            process INTEGER,               -- ρ, the process reward, 1 to 5
            cpu_ns REAL,                   -- means over the passed tests; null where not measured
            instructions REAL,
            branch_misses REAL,
            page_faults REAL,
            flags TEXT,                    -- JSON: [TamperFlag]
            reasoning TEXT,                -- R
            code TEXT,                     -- C
            report TEXT,                   -- F, JSON: ExecutionReport
            metrics TEXT,                  -- JSON: what the tests cost, in the report's order, a list a metric
            analysis TEXT,                 -- JSON: StaticAnalysis or NotAnalysable
            critique TEXT,                 -- K
            error TEXT,
            PRIMARY KEY (search, id)
        );
        INSERT INTO candidates
            SELECT search, id, round, hint, status, code <> '', passed, tests, omega, process,
                NULL, NULL, NULL, NULL, flags, reasoning, code, report, metrics, analysis, critique, error
            FROM old_candidates;
        CREATE TEMP TABLE means AS
            SELECT search, candidates.id, json_extract(entry.value, '$.metric') AS metric, avg(each.value) AS mean
            FROM candidates, json_each(metrics) AS entry, json_each(entry.value, '$.values') AS each
            WHERE metrics IS NOT NULL GROUP BY search, candidates.id, metric
            UNION ALL SELECT search, candidates.id, each.key, avg(json_extract(each.value, '$.value'))
            FROM candidates, json_each(report, '$.results') AS test, json_each(test.value, '$.metrics') AS each
            WHERE metrics IS NULL AND json_extract(test.value, '$.verdict') = 'pass'
            GROUP BY search, candidates.id, each.key;
        UPDATE candidates SET
            cpu_ns = (SELECT mean FROM means WHERE (search, id, metric) = (candidates.search, candidates.id, 'cpu_ns')),
            instructions = (SELECT mean FROM means
                WHERE (search, id, metric) = (candidates.search, candidates.id, 'instructions')),
            branch_misses = (SELECT mean FROM means
                WHERE (search, id, metric) = (candidates.search, candidates.id, 'branch_misses')),
            page_faults = (SELECT mean FROM means
                WHERE (search, id, metric) = (candidates.search, candidates.id, 'page_faults'))
        WHERE report IS NOT NULL;
        DROP TABLE means;
        DROP TABLE old_candidates;
        """,
    ),
    (
        "candidates: what else the programmer was shown",
        "ALTER TABLE candidates ADD COLUMN shown TEXT",  # JSON: [candidates.id] off the branch; null for none
    ),
    (
        "bench records",
        """
        CREATE TABLE bench_records (
            search TEXT PRIMARY KEY,       -- searches.id, which may have been deleted since; of method gold no search's
            dataset TEXT NOT NULL,
            problem TEXT NOT NULL,
            method TEXT NOT NULL,
            regime TEXT NOT NULL,          -- weak or real: which tests the search saw
            seed INTEGER NOT NULL,
            record TEXT NOT NULL           -- JSON: Record, what reports are made from
        )
        """,
    ),
    ("searches: the tester's model", "ALTER TABLE searches ADD COLUMN tester TEXT"),
    (
        "model calls: cached prompt tokens, and requests with several replies",
        """
        ALTER TABLE model_calls ADD COLUMN cached_tokens INTEGER;  -- of prompt_tokens; null when it was not told
        ALTER TABLE model_calls ADD COLUMN shared INTEGER;         -- by so many calls the request, and its tokens
        """,
    ),
    (
        "searches: who wrote the tests",
        "ALTER TABLE searches ADD COLUMN tests_by TEXT",  # the model that wrote the problem's tests; null for none
    ),
    (
        "the service: what was submitted, and who may ask",
        """
        CREATE TABLE submissions (
            search TEXT PRIMARY KEY REFERENCES searches(id) ON DELETE CASCADE,
            client TEXT NOT NULL,
            priority INTEGER NOT NULL,     -- the highest goes first, then what was submitted first
            submitted_at REAL NOT NULL,
            key TEXT,                      -- the client's idempotency key
            digest TEXT,                   -- SHA-256 of what was submitted with it
            tries INTEGER NOT NULL,        -- runs that ended because something gave way
            not_before REAL NOT NULL,      -- when the next run may begin
            done_at REAL                   -- null while it waits or runs: a restarted service goes on with it
        );
        CREATE UNIQUE INDEX submissions_by_key ON submissions (client, key) WHERE key IS NOT NULL;
        CREATE INDEX submissions_waiting ON submissions (priority DESC, submitted_at) WHERE done_at IS NULL;
        CREATE TABLE tokens (
            id TEXT PRIMARY KEY,           -- a name for it that is no secret
            client TEXT NOT NULL,
            hash TEXT NOT NULL,            -- SHA-256 of the token, which is nowhere else
            created_at REAL NOT NULL,
            revoked_at REAL
        );
        """,
    ),
    (
        "tokens: what their clients may have",
        "ALTER TABLE tokens ADD COLUMN limits TEXT",  # JSON: ClientLimits; null: as the settings have it
    ),
    (
        "searches: whom somebody wants to end, without reading them all",
        "CREATE INDEX searches_to_cancel ON searches (id) WHERE cancel_requested_at IS NOT NULL",
    ),
    (
        "searches: the prompts that they were begun with",
        "ALTER TABLE searches ADD COLUMN prompts TEXT",  # SHA-256 of the templates; null for forks and older searches
    ),
    (
        "searches: states that mean one thing each",
        # Until here, a search was `running` from its first row on, and one in the queue or never begun `interrupted`.
        """
        UPDATE searches SET status = 'queued'
        WHERE id IN (SELECT search FROM submissions WHERE done_at IS NULL) AND owner_pid IS NULL
            AND (status IN ('running', 'interrupted') OR (status = 'finished' AND reason LIKE 'budget: %'));
        UPDATE searches SET status = 'created'
        WHERE status IN ('running', 'interrupted') AND reason IS NULL AND owner_pid IS NULL
            AND NOT EXISTS (SELECT 1 FROM events WHERE search = searches.id)
            AND NOT EXISTS (SELECT 1 FROM model_calls WHERE search = searches.id)
            AND NOT EXISTS (SELECT 1 FROM executions WHERE search = searches.id);
        """,
    ),
]
