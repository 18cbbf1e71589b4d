CREATE TABLE members (
    id TEXT PRIMARY KEY,
    email_key TEXT NOT NULL UNIQUE,
    body TEXT NOT NULL
) STRICT;
CREATE TABLE bookings (
    id TEXT PRIMARY KEY,
    member_id TEXT NOT NULL,
    club_id TEXT NOT NULL,
    session_key TEXT NOT NULL,
    session_start TEXT NOT NULL,
    opening_at TEXT NOT NULL,
    created_at TEXT NOT NULL,
    live INTEGER NOT NULL,
    requested INTEGER NOT NULL,
    waits_from TEXT,
    body TEXT NOT NULL
, in_line_since TEXT, bond_id TEXT, check_at TEXT) STRICT;
CREATE UNIQUE INDEX one_live_booking ON bookings (member_id, club_id, session_key) WHERE live = 1;
CREATE INDEX bookings_of_member ON bookings (member_id, session_start);
CREATE INDEX bookings_waiting ON bookings (opening_at, club_id, waits_from) WHERE waits_from IS NOT NULL;
CREATE INDEX bookings_unscheduled ON bookings (created_at) WHERE requested = 1;
CREATE TABLE outbox (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    event_id TEXT NOT NULL UNIQUE,
    booking_id TEXT NOT NULL,
    data BLOB NOT NULL
) STRICT;
CREATE INDEX outbox_of_booking ON outbox (booking_id, seq);
CREATE INDEX bookings_in_line ON bookings (club_id, in_line_since) WHERE in_line_since IS NOT NULL
;
CREATE INDEX bookings_bound ON bookings (bond_id) WHERE bond_id IS NOT NULL
;
CREATE TABLE series (
    id TEXT PRIMARY KEY,
    member_id TEXT NOT NULL,
    created_at TEXT NOT NULL,
    plan_at TEXT,
    body TEXT NOT NULL
) STRICT;
CREATE INDEX series_of_member ON series (member_id, created_at);
CREATE INDEX series_to_plan ON series (plan_at) WHERE plan_at IS NOT NULL
;
CREATE TABLE groups (id TEXT PRIMARY KEY, body TEXT NOT NULL) STRICT;
CREATE TABLE group_members (
    member_id TEXT NOT NULL,
    group_id TEXT NOT NULL REFERENCES groups (id),
    PRIMARY KEY (member_id, group_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX members_of_group ON group_members (group_id)
;
CREATE TABLE pauses (one INTEGER PRIMARY KEY CHECK (one = 1), body TEXT NOT NULL) STRICT;
CREATE TABLE deeds (id TEXT PRIMARY KEY, at TEXT NOT NULL, body TEXT NOT NULL) STRICT;
CREATE INDEX deeds_by_time ON deeds (at);
CREATE INDEX bookings_by_opening ON bookings (opening_at)
;
CREATE TABLE notes (key TEXT PRIMARY KEY, text TEXT NOT NULL, until TEXT NOT NULL) STRICT;
CREATE INDEX notes_by_end ON notes (until)
;
CREATE TABLE invitations (
    id TEXT PRIMARY KEY,
    made_by TEXT NOT NULL,
    made_at TEXT NOT NULL,
    body TEXT NOT NULL
) STRICT;
CREATE INDEX invitations_by_age ON invitations (made_at);
CREATE INDEX invitations_of_member ON invitations (made_by)
;
CREATE INDEX bookings_to_check ON bookings (check_at) WHERE check_at IS NOT NULL
;
CREATE INDEX members_operators ON members (CASE WHEN json_valid(body) THEN json_extract(body, '$.is_operator') END);
CREATE TABLE member_messages (
    id TEXT PRIMARY KEY,
    member_id TEXT NOT NULL,
    channel_id TEXT NOT NULL,
    made_at TEXT NOT NULL,
    due_at TEXT,
    died_at TEXT,
    body TEXT NOT NULL
) STRICT;
CREATE INDEX member_messages_of_member ON member_messages (member_id, made_at);
CREATE INDEX member_messages_due ON member_messages (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX member_messages_of_channel ON member_messages (channel_id, due_at) WHERE due_at IS NOT NULL;
CREATE INDEX member_messages_dead ON member_messages (died_at) WHERE died_at IS NOT NULL;
CREATE INDEX member_messages_over ON member_messages (made_at) WHERE due_at IS NULL
;
CREATE TABLE instances (holder TEXT PRIMARY KEY, until TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE tallies (key TEXT PRIMARY KEY, count INTEGER NOT NULL, until TEXT NOT NULL) STRICT, WITHOUT ROWID
;
CREATE INDEX tallies_by_end ON tallies (until);
CREATE INDEX bookings_waiting_for_session ON bookings (club_id, session_key, in_line_since, created_at)
WHERE in_line_since IS NOT NULL AND waits_from IS NULL
;
CREATE TABLE experiences (club_id TEXT PRIMARY KEY, body TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE messages (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    event_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    data BLOB NOT NULL,
    published_at TEXT NOT NULL
) STRICT;
CREATE INDEX messages_by_age ON messages (published_at);
CREATE INDEX messages_by_event ON messages (event_id);
CREATE TABLE deliveries (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    message INTEGER NOT NULL REFERENCES messages (seq) ON DELETE CASCADE,
    consumer TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'due' CHECK (state IN ('due', 'leased', 'done', 'dead')),
    at TEXT NOT NULL,
    refusals INTEGER NOT NULL DEFAULT 0,
    breaks INTEGER NOT NULL DEFAULT 0,
    reason TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX deliveries_of_message ON deliveries (message);
CREATE INDEX deliveries_open ON deliveries (consumer, at) WHERE state IN ('due', 'leased');
CREATE INDEX deliveries_dead ON deliveries (at) WHERE state = 'dead';
CREATE TABLE wakes (event_id TEXT PRIMARY KEY, at TEXT NOT NULL, data BLOB NOT NULL) STRICT, WITHOUT ROWID;
CREATE INDEX wakes_by_time ON wakes (at);
CREATE TABLE watches (club_id TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
CREATE TABLE vault_key (only INTEGER PRIMARY KEY CHECK (only = 1), number INTEGER NOT NULL) STRICT;
CREATE TABLE secrets (
    member_id TEXT NOT NULL,
    name TEXT NOT NULL,
    sealed BLOB NOT NULL,
    PRIMARY KEY (member_id, name)
) STRICT, WITHOUT ROWID;
