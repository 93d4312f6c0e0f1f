-- Those messages whose time may be over, and those that somebody looks for because something went wrong, among all others.

-- +goose Up
CREATE INDEX sms_until ON sms (until) WHERE state = 'accepted' AND until > 0;
CREATE INDEX sms_unsent ON sms (at, id) WHERE state IN ('failed', 'expired', 'unknown');
