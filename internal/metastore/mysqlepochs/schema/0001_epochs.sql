-- +goose Up

-- The epochs of the log's topics, by the id that the broker gave a topic.
CREATE TABLE IF NOT EXISTS log_epochs (
    topic VARCHAR(249) NOT NULL,
    epoch BIGINT       NOT NULL,
    id    VARCHAR(64)  NOT NULL,
    PRIMARY KEY (topic, epoch),
    CONSTRAINT log_epochs_id UNIQUE (topic, id)
);
