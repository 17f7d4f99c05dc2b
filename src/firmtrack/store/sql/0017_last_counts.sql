-- Figures are counted in the background alone, and say how old they are: all that was recorded by
-- counted_at is in them. Figures of which there is no row have not been counted since there is this.
CREATE TABLE last_count (
    figures    text PRIMARY KEY CHECK (figures IN ('performance', 'arrivals')),
    counted_at timestamptz NOT NULL
);
