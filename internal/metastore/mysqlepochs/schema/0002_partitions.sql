-- +goose Up

-- How many partitions topics have, those of the design left out.
CREATE TABLE IF NOT EXISTS log_partitions (
    topic      VARCHAR(249) NOT NULL PRIMARY KEY,
    partitions INTEGER      NOT NULL,
    moving     INTEGER      NOT NULL -- to so many; 0: not
);
